import type { AppDependencies } from '../app-dependencies.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { Route } from './route.ts';

/** `GET /openapi.json`: the API's description, OpenAPI 3.1, of the schemas that validate. */
export function openapiRoute(described: readonly Route[], { engine }: AppDependencies): Route {
  let document: string | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API, as OpenAPI 3.1',
    answer: { description: 'The document.', content: { 'application/json': 'text' } },
    problems: [],
    handle(c) {
      document ??= JSON.stringify(openApiDocument(described, engine.model.manifest.version));
      return c.body(document, 200, { 'Content-Type': 'application/json' });
    },
  };
}
