import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { Context } from 'hono';
import type { Engines } from '../../analysis/engines.ts';
import { pageQuerySchema } from '../../schemas/request.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { Caller } from '../context/caller.ts';
import type { Route } from '../context/route.ts';
import { chooseLanguage } from '../request/negotiate.ts';
import { readQuery } from '../request/query.ts';
import { PAGE_HEADERS } from './page-headers.ts';
import { pageHtml } from './page-html.ts';

/** `GET /`: the page that asks this API from a browser. */
export function pageRoute({ engines, limits, caller }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/',
    open: true,
    summary: 'A page to try this API with',
    query: pageQuerySchema,
    answer: { description: 'A page.', content: { 'text/html': 'text' } },
    problems: ['invalid-query'],
    async handle(c) {
      const language = chooseLanguage(c, readQuery(c.req, pageQuerySchema).language);
      const { manifest, sha256, taxonomy } = engines.current.model;
      const versions = sameClasses(engines);
      const origin = originOf(c, caller(c));
      const page = await pageHtml(
        { manifest, taxonomy, sha256, versions, limits, origin },
        language,
      );
      return c.body(page, 200, {
        ...PAGE_HEADERS,
        'Cache-Control': 'no-cache',
        'Content-Type': 'text/html; charset=utf-8',
      });
    },
  };
}

/** The versions with the classes of the current one: the page is made for those. */
function sameClasses({ current, byVersion }: Engines): string[] {
  const labels = labelsOf(current.model.taxonomy).join();
  return [...byVersion].flatMap(([version, { model }]) =>
    labelsOf(model.taxonomy).join() === labels ? [version] : [],
  );
}

/** Where this server was asked, as the browser sees it: before it there may be a gateway that speaks https. */
function originOf(c: Context<AppEnv>, { https }: Caller): string {
  const { host, protocol } = new URL(c.req.url);
  return `${https ? 'https:' : protocol}//${host}`;
}
