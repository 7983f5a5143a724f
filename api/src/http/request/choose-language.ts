import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from '../../schemas/languages.ts';
import type { AppEnv } from '../context/app-env.ts';

/**
 * The language to answer in, and says so in the answer's headers: the one asked for in the query, else the one that
 * `Accept-Language` weighs highest (RFC 9110, section 12.5.4), else English.
 */
export function chooseLanguage(c: Context<AppEnv>, asked: Language | undefined): Language {
  const language = asked ?? preferredLanguage(c.req.header('Accept-Language'));
  c.header('Content-Language', language);
  c.header('Vary', 'Accept-Language', { append: true });
  return language;
}

/** @param header `Accept-Language`; a region such as the AT of `de-AT` is of no meaning */
export function preferredLanguage(header: string | undefined): Language {
  if (header === undefined) return DEFAULT_LANGUAGE;
  const wanted = parseAccept(header)
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q);
  for (const { type } of wanted) {
    const [primary] = type.toLowerCase().split('-');
    const found = LANGUAGES.find((language) => language === primary);
    if (found !== undefined) return found;
  }
  return DEFAULT_LANGUAGE;
}
