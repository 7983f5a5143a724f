import type { Context } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppEnv } from '../context/app-env.ts';

/** What is left to a client after a request was counted. */
export interface RateLimitState {
  readonly allowed: boolean;
  /** Requests that it may still send before the window ends; left out where that is not known. */
  readonly remaining?: number;
  /** Until the window ends and the count begins anew. */
  readonly resetSeconds: number;
}

/** Counts requests for each client. */
export interface RateLimit {
  /** Requests a window, and its length. */
  readonly requests: number;
  readonly windowSeconds: number;
  /** Counts one request; never throws, whatever happens to where the counts are kept. */
  count(client: string): Promise<RateLimitState>;
}

/**
 * Counts a request, and tells the client what is left to it in the fields of
 * draft-ietf-httpapi-ratelimit-headers-10.
 *
 * @param client who it is counted for
 * @throws ProblemError `too-many-requests`
 */
export async function limitRate(
  c: Context<AppEnv>,
  limit: RateLimit,
  client: string,
): Promise<void> {
  const { allowed, remaining, resetSeconds } = await limit.count(client);
  const { requests, windowSeconds } = limit;
  c.header('RateLimit-Policy', `"default";q=${requests};w=${windowSeconds}`);
  if (remaining !== undefined) c.header('RateLimit', `"default";r=${remaining};t=${resetSeconds}`);
  if (allowed) return;
  const detail = `${requests} requests in ${windowSeconds} s are allowed; try again in ${resetSeconds} s`;
  throw new ProblemError('too-many-requests', detail, {
    headers: { 'Retry-After': String(Math.max(1, resetSeconds)) },
  });
}
