import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { openApiDocument } from '../openapi/document.ts';
import { PAGE_HEADERS } from '../page/page-headers.ts';
import { docsHtml } from './docs-html.ts';

/** `GET /docs`: the OpenAPI document for people, with examples and forms to try each route. */
export function docsRoute(described: readonly Route[], { engines }: AppDependencies): Route {
  /** Of the version that was asked for last: one copy for all who read it. */
  let last: { key: string; page: Promise<Uint8Array<ArrayBuffer>> } | undefined;
  return {
    method: 'GET',
    path: '/docs',
    open: true,
    summary: 'This API, as a page',
    answer: { description: 'A page.', content: { 'text/html': 'text' } },
    problems: [],
    async handle(c) {
      const { manifest, taxonomy } = engines.current.model;
      const { name, version } = manifest;
      const { origin } = new URL(c.req.url);
      const key = `${[version, ...engines.byVersion.keys()].join(' ')} ${origin}`;
      if (last?.key !== key) {
        const document = openApiDocument(described, engines);
        last = {
          key,
          page: docsHtml(document, {
            ...{ origin, name, version },
            label: (taxonomy.classes.find(({ critical }) => critical) ?? taxonomy.classes[0]!)
              .label,
            recordedClasses: labelsOf(taxonomy).join() === labelsOf(HAM10000).join(),
          }),
        };
      }
      return c.body(await last.page, 200, {
        ...PAGE_HEADERS,
        'Cache-Control': 'no-cache',
        'Content-Type': 'text/html; charset=utf-8',
      });
    },
  };
}
