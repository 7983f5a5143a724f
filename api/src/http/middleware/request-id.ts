import type { Context } from 'hono';
import type { AppEnv } from '../context/app-env.ts';

const SANE = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's id where it is sane, else a new one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && SANE.test(header) ? header : crypto.randomUUID();
}

/** Gives a request its id, which the answer, its problems and the log carry. */
export function identify(c: Context<AppEnv>): void {
  const id = requestIdFrom(c.req.header('X-Request-Id'));
  c.set('requestId', id);
  c.header('X-Request-Id', id);
}
