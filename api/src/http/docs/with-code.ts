import { html } from 'hono/html';

/** A description of the OpenAPI document, which is Markdown: what stands between backticks as code. */
export function withCode(description = '') {
  return html`${description.split('`').map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;
}
