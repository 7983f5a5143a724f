import { html } from 'hono/html';
import type { OpenApiDocument } from '../openapi/document.ts';
import type { Described, Served } from './described.ts';
import { GROUPS, groupOf } from './groups.ts';
import { operationSection } from './operation-section.ts';
import { schemaSection } from './schema-section.ts';

/** The page, as bytes. Each operation is folded: the page is as long as its list. */
export async function docsHtml(
  document: OpenApiDocument,
  served: Served,
): Promise<Uint8Array<ArrayBuffer>> {
  const { info, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Described => ({ path, method, operation })),
  );
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} API</title>
<link rel="icon" type="image/png" href="assets/icon.png">
<link rel="stylesheet" href="assets/docs.css">
<script type="module" src="assets/docs.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the routes</a>
<header>
<h1>${info.title} API</h1>
<p class="notice">${info.description}</p>
<p>Model version ${info.version}. For programs: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1. To try it with photos: <a href="./">the page</a>.</p>
<form id="key-form" class="fields"><label>Access key, where this server asks for one; sent as <code>Authorization: Bearer</code> <input id="key" type="password" autocomplete="off" spellcheck="false"></label></form>
</header>
<main id="main" tabindex="-1">
${GROUPS.map(({ id, title, text }) => {
  const members = operations.filter(({ path }) => groupOf(path) === id);
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<p>${text}</p>
${members.map((one) => operationSection(one, served))}
</section>`;
})}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
<p>The members of what is sent and answered.</p>
${Object.entries(components.schemas).map(([id, schema]) => schemaSection(id, schema))}
</section>
</main>
</body>
</html>
`;
  return new TextEncoder().encode(page.toString());
}
