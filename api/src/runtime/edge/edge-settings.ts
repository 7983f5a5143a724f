import { webCryptoSha256 } from '@naevus/shared/model/verify';
import * as z from 'zod';
import type { KeyCheck } from '../../http/context/key-check.ts';
import type { RateLimit } from '../../http/context/rate-limit.ts';
import { readKeyList } from '../../http/middleware/api-keys.ts';
import { readVariables } from '../settings/read-variables.ts';
import { origins, publicKeys, rate } from '../settings/setting-types.ts';

/** The platform's rate limit; it says yes or no, and not how much is left. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Variables and secrets of the worker, named as on Node. */
const schema = z.object({
  NAEVUS_API_KEYS: z.string().optional(),
  NAEVUS_RATE_LIMIT: rate.optional(),
  NAEVUS_CORS_ORIGINS: origins.optional(),
  NAEVUS_HSTS_SECONDS: z.coerce.number().int().min(0).max(63_072_000).optional(),
  NAEVUS_TRUSTED_KEY: publicKeys.optional(),
});

export type EdgeVariables = z.input<typeof schema>;

export interface EdgeSettings {
  readonly keys?: KeyCheck;
  readonly rateLimit?: RateLimit;
  readonly corsOrigins?: readonly string[];
  readonly hstsSeconds?: number;
  readonly trustedKeys?: readonly string[];
}

/**
 * Reads what the worker is bound to.
 *
 * @throws Error naming each variable that is wrong, and KeyListError of the list of keys
 */
export function readEdgeSettings(
  bindings: EdgeVariables,
  limiter?: RateLimitBinding,
): EdgeSettings {
  const variables = readVariables(schema, bindings);
  const window = variables.NAEVUS_RATE_LIMIT;
  if (window && !limiter) throw new Error('NAEVUS_RATE_LIMIT needs the binding RATE_LIMIT');
  return {
    ...(variables.NAEVUS_API_KEYS && {
      keys: readKeyList(variables.NAEVUS_API_KEYS, webCryptoSha256),
    }),
    ...(window && limiter && { rateLimit: platformRateLimit(limiter, window) }),
    ...(variables.NAEVUS_CORS_ORIGINS && { corsOrigins: variables.NAEVUS_CORS_ORIGINS }),
    ...(variables.NAEVUS_HSTS_SECONDS !== undefined && {
      hstsSeconds: variables.NAEVUS_HSTS_SECONDS,
    }),
    ...(variables.NAEVUS_TRUSTED_KEY && { trustedKeys: variables.NAEVUS_TRUSTED_KEY }),
  };
}

function platformRateLimit(
  limiter: RateLimitBinding,
  window: Pick<RateLimit, 'requests' | 'windowSeconds'>,
): RateLimit {
  return {
    ...window,
    async count(client) {
      try {
        const { success } = await limiter.limit({ key: client });
        return { allowed: success, resetSeconds: window.windowSeconds };
      } catch {
        // A limit that cannot be counted refuses nobody.
        return { allowed: true, resetSeconds: window.windowSeconds };
      }
    },
  };
}
