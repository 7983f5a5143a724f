import * as z from 'zod';
import type { RateLimit } from '../../http/context/rate-limit.ts';
import { type AccessSettings, accessSettings } from '../settings/access-settings.ts';
import { COMMON_VARIABLES } from '../settings/common-variables.ts';
import { readVariables } from '../settings/read-variables.ts';

/** The platform's rate limit; it says yes or no, and not how much is left. */
export interface RateLimitBinding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** Variables and secrets of the worker, named as on Node. */
const schema = z.object(COMMON_VARIABLES);

export type EdgeVariables = z.input<typeof schema>;

export interface EdgeSettings extends AccessSettings {
  readonly logKeyNames: boolean;
  readonly rateLimit?: RateLimit;
  readonly corsOrigins?: readonly string[];
}

/**
 * Reads what the worker is bound to.
 *
 * @throws SettingsError naming each setting that is wrong, and KeyListError of the list of keys
 */
export function readEdgeSettings(
  bindings: EdgeVariables,
  limiter?: RateLimitBinding,
): EdgeSettings {
  const variables = readVariables(
    schema,
    { ...bindings },
    { unknown: 'is not a setting of this worker' },
  );
  const window = variables.NAEVUS_RATE_LIMIT;
  if (window && !limiter) throw new Error('NAEVUS_RATE_LIMIT needs the binding RATE_LIMIT');
  return {
    ...accessSettings(variables),
    logKeyNames: variables.NAEVUS_LOG_KEY_NAMES,
    ...(window && limiter && { rateLimit: platformRateLimit(limiter, window) }),
    ...(variables.NAEVUS_CORS_ORIGINS && { corsOrigins: variables.NAEVUS_CORS_ORIGINS }),
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
