import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { type OpenApiDocument, type Operation, openApiDocument } from '../openapi/document.ts';
import { renderPage, respondWithPage } from './html-page.ts';

/** `GET /docs`: the OpenAPI document for people. */
export function docsRoute(described: readonly Route[], { engines }: AppDependencies): Route {
  /** Of the version that was asked for last: one copy for all who read it. */
  let last: { version: string; page: Promise<Uint8Array<ArrayBuffer>> } | undefined;
  return {
    method: 'GET',
    path: '/docs',
    open: true,
    summary: 'This API, as a page',
    answer: { description: 'A page.', content: { 'text/html': 'text' } },
    problems: [],
    async handle(c) {
      const { version } = engines.current.model.manifest;
      if (last?.version !== version) {
        const document = openApiDocument(described, version);
        last = { version, page: renderPage(`${document.info.title} API`, body(document)) };
      }
      return respondWithPage(c, await last.page);
    },
  };
}

function body({ info, paths, components }: OpenApiDocument) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  return html`<h1>${info.title} API</h1>
<p class="notice">${info.description}</p>
<p>Model version ${info.version}. For programs: <a href="/openapi.json">openapi.json</a>.</p>
<nav><ul>${operations.map(
    ({ path, method, operation }) =>
      html`<li><a href="#${operation.operationId}"><code>${method.toUpperCase()} ${path}</code></a> ${operation.summary}</li>`,
  )}</ul></nav>
${operations.map(({ path, method, operation }) => section(path, method, operation))}
<section><h2>Schemas</h2>
${Object.entries(components.schemas).map(
  ([id, schema]) =>
    html`<h3 id="schema-${id}">${id}</h3><pre>${JSON.stringify(schema, null, 2)}</pre>`,
)}
</section>`;
}

function section(path: string, method: string, operation: Operation) {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  return html`<section><h2 id="${operationId}"><span class="method">${method.toUpperCase()}</span> ${path}</h2>
<p>${summary}</p>
${description ? html`<p>${description}</p>` : ''}
${
  parameters?.length
    ? html`<h3>Parameters</h3><dl>${parameters.map(
        (parameter) =>
          html`<dt><code>${parameter.name}</code> (${parameter.in})</dt><dd>${parameter.description ?? ''} <code>${JSON.stringify(parameter.schema)}</code></dd>`,
      )}</dl>`
    : ''
}
${
  requestBody
    ? html`<h3>Body</h3><ul>${Object.entries(requestBody.content).map(
        ([type, { schema }]) => html`<li><code>${type}</code> ${schemaText(schema)}</li>`,
      )}</ul>`
    : ''
}
<h3>Answers</h3>
<dl>${Object.entries(responses).map(
    ([status, response]) =>
      html`<dt>${status}</dt><dd>${response.description}${Object.entries(
        response.content ?? {},
      ).map(
        ([type, { schema }]) => html`<br><code>${type}</code> ${schemaText(schema)}`,
      )}${Object.entries(response.headers ?? {}).map(
        ([name, header]) => html`<br><code>${name}</code> ${header.description}`,
      )}</dd>`,
  )}</dl>
</section>`;
}

/** A link where the schema has a name, else the schema. */
function schemaText(schema: object): HtmlEscapedString | Promise<HtmlEscapedString> {
  if ('$ref' in schema && typeof schema.$ref === 'string') {
    const id = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return html`<a href="#schema-${id}">${id}</a>`;
  }
  if ('anyOf' in schema && Array.isArray(schema.anyOf)) {
    return html`${schema.anyOf.map((option: object, i) => html`${i > 0 ? ' or ' : ''}${schemaText(option)}`)}`;
  }
  return html`<code>${JSON.stringify(schema)}</code>`;
}
