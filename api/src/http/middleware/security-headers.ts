import type { Context } from 'hono';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';

/** On every answer; pages have policies of their own, which allow them what they load. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  // Of reading across origins, CORS decides; this is about embedding.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Sets the headers that every answer has.
 *
 * @param deps `hstsSeconds`: for how long browsers shall come by https only; told only to who came by https,
 *   as RFC 6797 (section 7.2) demands
 */
export function setSecurityHeaders(
  c: Context<AppEnv>,
  { hstsSeconds, caller }: Pick<AppDependencies, 'hstsSeconds' | 'caller'>,
): void {
  for (const name in HEADERS) c.header(name, HEADERS[name]!);
  if (hstsSeconds !== undefined && caller(c).https) {
    c.header('Strict-Transport-Security', `max-age=${hstsSeconds}`);
  }
}
