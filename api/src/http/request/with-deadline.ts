import type { Context } from 'hono';
import type { AppEnv } from '../context/app-env.ts';
import { engineProblem } from './choose-engine.ts';

/**
 * Runs work whose signal fires when the time is up or the client has hung up.
 *
 * @throws ProblemError in place of an EngineError
 */
export async function withDeadline<T>(
  c: Context<AppEnv>,
  seconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, seconds * 1000);
  const client = c.req.raw.signal;
  if (client.aborted) abort();
  client.addEventListener('abort', abort, { once: true });
  try {
    return await work(controller.signal);
  } catch (error) {
    throw engineProblem(error, seconds);
  } finally {
    clearTimeout(timer);
    client.removeEventListener('abort', abort);
  }
}
