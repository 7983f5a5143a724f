import type { Logger } from 'pino';
import type { RateLimit } from '../../../http/context/rate-limit.ts';
import type { Settings } from './settings.ts';

/** The rate limit of the settings, counted in Redis where they name one. */
export async function openRateLimit(
  settings: Settings,
  logger: Logger,
  onUncounted: () => void,
): Promise<RateLimit | undefined> {
  const { NAEVUS_RATE_LIMIT, REDIS_URL } = settings;
  if (NAEVUS_RATE_LIMIT === undefined) {
    if (REDIS_URL !== undefined) {
      logger.warn('REDIS_URL is not used: it is for NAEVUS_RATE_LIMIT, which is not set');
    }
    return undefined;
  }
  // Read only where it is asked for: a server without it starts faster.
  const { openRateLimits } = await import('../access/rate-limits.ts');
  return openRateLimits({
    ...NAEVUS_RATE_LIMIT,
    redisUrl: REDIS_URL,
    onRedis(state, reason) {
      if (state === 'back') logger.info('Redis answers again: servers count together');
      else logger.warn({ reason }, 'Redis does not answer: this server counts requests alone');
    },
    onUncounted,
  });
}
