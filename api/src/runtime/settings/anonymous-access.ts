const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/;

/**
 * Why a server without keys must not answer where it is reached; the same on Node and in the workers.
 *
 * @param host where it listens, or what it was asked as
 * @returns undefined where it may answer
 */
export function anonymousRefusal(host: string, allowed: boolean): string | undefined {
  if (allowed || LOOPBACK.test(host)) return undefined;
  return (
    `anyone who reaches ${host} could send images: set NAEVUS_API_KEYS (on Node, or NAEVUS_API_KEYS_FILE), ` +
    'or NAEVUS_ALLOW_ANONYMOUS=true where something before this server checks who asks'
  );
}
