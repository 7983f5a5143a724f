import { html } from 'hono/html';
import { withCode } from './with-code.ts';

type Html = ReturnType<typeof html>;

/** What of a JSON schema is read here. */
interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
}

/** One schema, folded: its members with their descriptions, and itself as JSON. */
export function schemaSection(id: string, schema: Schema) {
  const members = Object.entries(schema.properties ?? {});
  return html`<details id="schema-${id}" class="schema"><summary><h3>${id}</h3></summary>
${schema.description ? html`<p>${withCode(schema.description)}</p>` : ''}
${
  members.length > 0
    ? html`<dl>${members.map(
        ([name, member]) =>
          html`<dt><code>${name}</code>${schema.required?.includes(name) ? '' : ' (optional)'}</dt><dd>${withCode(member.description)} ${schemaText(member)}</dd>`,
      )}</dl>`
    : html`<p>${schemaText(schema)}</p>`
}
<details class="json"><summary>As JSON Schema</summary><pre><code>${JSON.stringify(schema, null, 2)}</code></pre></details>
</details>`;
}

/** A schema in few words; a link where it has a name. */
export function schemaText(schema: Schema): Html {
  if (schema.$ref !== undefined) {
    const id = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return html`<a href="#schema-${id}">${id}</a>`;
  }
  if (schema.anyOf) {
    return html`${schema.anyOf.map((option, i) => html`${i > 0 ? ' or ' : ''}${schemaText(option)}`)}`;
  }
  if (schema.type === 'array') {
    return schema.items ? html`array of ${schemaText(schema.items)}` : html`array`;
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) {
    return html`one of ${schema.enum.map((value, i) => html`${i > 0 ? ', ' : ''}<code>${String(value)}</code>`)}`;
  }
  if (schema.properties) {
    const names = Object.entries(schema.properties);
    return html`object: ${names.map(
      ([name, member], i) => html`${i > 0 ? '; ' : ''}<code>${name}</code> ${schemaText(member)}`,
    )}`;
  }
  const range = [
    ...(schema.minimum === undefined ? [] : [`from ${schema.minimum}`]),
    ...(schema.maximum === undefined ? [] : [`to ${schema.maximum}`]),
    ...(schema.default === undefined ? [] : [`by default ${JSON.stringify(schema.default)}`]),
  ].join(' ');
  const kind = schema.format === 'binary' ? 'bytes' : (schema.type ?? 'any value');
  return html`${kind}${range ? ` ${range}` : ''}`;
}
