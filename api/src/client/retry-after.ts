/**
 * What a `Retry-After` header asks for (RFC 9110, section 10.2.3): seconds, or a date.
 *
 * @returns milliseconds from `now` on, at least 0; undefined where the header says neither
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
