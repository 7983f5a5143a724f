import type { Context } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { RateLimit } from '../context/rate-limit.ts';

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
