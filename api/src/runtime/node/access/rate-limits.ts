import { type RateLimiterAbstract, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimit, RateLimitState } from '../../../http/context/rate-limit.ts';
import { MemoryWindows } from './memory-windows.ts';
import type { connectRedis } from './redis.ts';

export interface RateLimitsOptions {
  readonly requests: number;
  readonly windowSeconds: number;
  /** Where several servers count together; without it, this process counts alone. */
  readonly redisUrl?: string | undefined;
  /** Redis does not answer, or answers again. */
  readonly onRedis: (state: 'lost' | 'back', reason?: string) => void;
  /** A request was counted in this process alone, as Redis did not answer. */
  readonly onUncounted: () => void;
}

/** How long a request waits for Redis at most. */
const REDIS_MS = 250;

/** For how long Redis is not asked once it has not answered. */
const PAUSE_MS = 1000;

const PREFIX = 'naevus:rate';

/**
 * Counts requests in windows that begin with a client's first request.
 *
 * Where Redis does not answer in time, this process counts alone: people who wait for an answer about
 * an image matter more than an exact limit, and the queue is bounded anyway.
 */
export async function openRateLimits(options: RateLimitsOptions): Promise<RateLimit> {
  // Read only where it is asked for: a server without it starts faster.
  const connect = options.redisUrl ? (await import('./redis.ts')).connectRedis : undefined;
  return new RateLimits(options, connect);
}

class RateLimits implements RateLimit {
  readonly requests: number;
  readonly windowSeconds: number;
  readonly #options: RateLimitsOptions;
  readonly #memory: MemoryWindows;
  readonly #shared: RateLimiterAbstract | undefined;
  #lost = false;
  /** Redis is left alone until then, so that not every request waits for it. */
  #askAgainAt = 0;

  constructor(options: RateLimitsOptions, connect: typeof connectRedis | undefined) {
    this.#options = options;
    this.requests = options.requests;
    this.windowSeconds = options.windowSeconds;
    this.#memory = new MemoryWindows(options.requests, options.windowSeconds);
    if (connect === undefined) return;
    const redis = connect(
      options.redisUrl!,
      (error) => this.#lose(error),
      () => this.#regain(),
    );
    this.#shared = new RateLimiterRedis({
      points: options.requests,
      duration: options.windowSeconds,
      keyPrefix: PREFIX,
      storeClient: redis,
      useRedisPackage: true,
      rejectIfRedisNotReady: true,
    });
  }

  async count(client: string): Promise<RateLimitState> {
    if (this.#shared !== undefined) {
      try {
        if (performance.now() >= this.#askAgainAt) {
          const state = await this.#consume(this.#shared, client);
          this.#regain();
          return state;
        }
      } catch (error) {
        this.#askAgainAt = performance.now() + PAUSE_MS;
        this.#lose(error as Error);
      }
      this.#options.onUncounted();
    }
    return this.#memory.count(client);
  }

  /** @throws Error when the store fails, or does not answer in time */
  async #consume(limiter: RateLimiterAbstract, client: string): Promise<RateLimitState> {
    try {
      return this.#stateOf(await inTime(limiter.consume(client), REDIS_MS), true);
    } catch (error) {
      if (error instanceof RateLimiterRes) return this.#stateOf(error, false);
      throw error;
    }
  }

  #stateOf({ msBeforeNext, remainingPoints }: RateLimiterRes, allowed: boolean): RateLimitState {
    const seconds = Math.min(this.windowSeconds, Math.ceil(msBeforeNext / 1000));
    return { allowed, remaining: remainingPoints, resetSeconds: Math.max(0, seconds) };
  }

  #lose(error: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#options.onRedis('lost', reasonOf(error));
  }

  #regain(): void {
    if (!this.#lost) return;
    this.#lost = false;
    this.#askAgainAt = 0;
    this.#options.onRedis('back');
  }
}

async function inTime<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  // What loses the race may still fail.
  work.catch(() => {});
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Without the URL, which may hold a password. */
function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? error.message.replace(/\b\w+:\/\/\S+/g, 'the server');
}
