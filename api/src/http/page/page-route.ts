import type { Context } from 'hono';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { Caller } from '../context/caller.ts';
import type { Route } from '../context/route.ts';
import { PAGE_HEADERS } from './page-headers.ts';
import { pageHtml } from './page-html.ts';

/** `GET /`: the page that asks this API from a browser. */
export function pageRoute({ engines, limits, caller }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/',
    open: true,
    summary: 'A page to try this API with',
    answer: { description: 'A page.', content: { 'text/html': 'text' } },
    problems: [],
    async handle(c) {
      const page = await pageHtml(engines.current.model, limits, originOf(c, caller(c)));
      return c.body(page, 200, {
        ...PAGE_HEADERS,
        'Cache-Control': 'no-cache',
        'Content-Type': 'text/html; charset=utf-8',
      });
    },
  };
}

/** Where this server was asked, as the browser sees it: before it there may be a gateway that speaks https. */
function originOf(c: Context<AppEnv>, { https }: Caller): string {
  const { host, protocol } = new URL(c.req.url);
  return `${https ? 'https:' : protocol}//${host}`;
}
