import { html } from 'hono/html';
import type { Described, Served } from './described.ts';
import { exampleRequest, pathValue } from './example-request.ts';

interface Schema {
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly default?: unknown;
}

/** A form that asks this server; `client/docs.ts` sends it. */
export function tryForm(described: Described, served: Served) {
  const { path, method, operation } = described;
  const { body, headers } = exampleRequest(described, served);
  const kind = body && ('file' in body ? 'file' : 'form');
  const fields = (operation.parameters ?? []).filter(({ in: place }) => place !== 'header');
  const types = Object.keys(operation.responses[200]!.content ?? {});
  const result = `${operation.operationId}-result`;
  return html`<h4>Try it</h4>
<form class="try fields" data-method="${method.toUpperCase()}" data-path="${path}" data-body="${kind ?? ''}" data-headers="${JSON.stringify(headers)}" data-result="${result}">
${kind ? html`<label>${kind === 'form' ? 'Photos of one lesion' : 'Image'} <input type="file" name="image" accept="image/jpeg,image/png,image/webp"${kind === 'form' ? html` multiple` : ''} required></label>` : ''}
${fields.map(({ name, in: place, schema }) => field(name, place, schema, served))}
${types.length > 1 ? html`<label>Accept <select name="accept">${types.map((type) => html`<option${type === 'application/json' ? html` selected` : ''}>${type}</option>`)}</select></label>` : ''}
<button type="submit">Send</button>
</form>
<div id="${result}" class="result" role="status"></div>`;
}

function field(name: string, place: string, schema: Schema, served: Served) {
  const attributes = html`name="${name}" data-in="${place}"`;
  if (place === 'path') {
    return html`<label>${name} <input ${attributes} value="${pathValue(name, served)}" required></label>`;
  }
  const choices = schema.type === 'boolean' ? ['true', 'false'] : schema.enum;
  if (choices) {
    return html`<label>${name} <select ${attributes}><option value="">not sent</option>${choices.map((value) => html`<option>${String(value)}</option>`)}</select></label>`;
  }
  const placeholder = schema.default === undefined ? '' : String(schema.default);
  return html`<label>${name} <input ${attributes} placeholder="${placeholder}" autocomplete="off"></label>`;
}
