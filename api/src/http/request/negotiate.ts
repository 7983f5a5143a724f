import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import { ProblemError } from '../../answers/problem-error.ts';
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from '../../schemas/languages.ts';
import type { AppEnv } from '../context/app-env.ts';

/**
 * Picks the type to answer with (RFC 9110, section 12.5.1): the one that the caller weighs highest,
 * the earlier of `offered` where several weigh the same.
 *
 * @param accept the `Accept` header; without one everything is acceptable
 * @param offered media types without parameters, the default first
 * @throws ProblemError `not-acceptable`
 */
export function negotiate<T extends string>(accept: string | undefined, offered: readonly T[]): T {
  if (accept === undefined || accept.trim() === '') return offered[0]!;
  const ranges = parseAccept(accept);
  let best: T | undefined;
  let bestWeight = 0;
  for (const type of offered) {
    const weight = weightOf(type, ranges);
    if (weight > bestWeight) {
      best = type;
      bestWeight = weight;
    }
  }
  if (best === undefined) {
    throw new ProblemError(
      'not-acceptable',
      `this route answers with ${offered.join(' or ')}; the Accept header allows none of them`,
    );
  }
  return best;
}

/** The weight that the most specific range which matches gives a type; 0 where none does. */
function weightOf(type: string, ranges: ReturnType<typeof parseAccept>): number {
  const anySubtype = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const wanted of [type, anySubtype, '*/*']) {
    const range = ranges.find((candidate) => candidate.type.toLowerCase() === wanted);
    if (range !== undefined) return range.q;
  }
  return 0;
}

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
