import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { openApiDocument } from '../openapi/document.ts';

const encode = (document: object): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(document));

/** `GET /openapi.json`: the API's description, OpenAPI 3.1, of the schemas that validate. */
export function openapiRoute(described: readonly Route[], { engines }: AppDependencies): Route {
  /** By the versions that are served: one copy for all who read it. */
  const documents = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    method: 'GET',
    path: '/openapi.json',
    open: true,
    summary: 'This API, as OpenAPI 3.1',
    answer: { description: 'The document.', content: { 'application/json': 'text' } },
    problems: [],
    handle(c) {
      const { version } = engines.current.model.manifest;
      const key = [version, ...engines.byVersion.keys()].join(' ');
      const document = documents.get(key) ?? encode(openApiDocument(described, engines));
      documents.set(key, document);
      return c.body(document, 200, { 'Content-Type': 'application/json' });
    },
  };
}
