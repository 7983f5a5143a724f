import type { Context } from 'hono';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';

/** On every answer; pages have policies of their own, which allow them what they load. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  // Of reading across origins, CORS decides; this is about embedding.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's id where it is sane, else a new one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && SANE_ID.test(header) ? header : crypto.randomUUID();
}

/**
 * Gives a request its id, which its answer, its problems and the log carry, and sets the headers that every answer
 * has.
 *
 * @param deps `hstsSeconds`: for how long browsers shall come by https only; told only to who came by https,
 *   as RFC 6797 (section 7.2) demands
 */
export function setStandardHeaders(
  c: Context<AppEnv>,
  { hstsSeconds, caller }: Pick<AppDependencies, 'hstsSeconds' | 'caller'>,
): void {
  const id = requestIdFrom(c.req.header('X-Request-Id'));
  c.set('requestId', id);
  c.header('X-Request-Id', id);
  for (const name in SECURITY_HEADERS) c.header(name, SECURITY_HEADERS[name]!);
  if (hstsSeconds !== undefined && caller(c).https) {
    c.header('Strict-Transport-Security', `max-age=${hstsSeconds}`);
  }
}
