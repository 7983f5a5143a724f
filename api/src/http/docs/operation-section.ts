import { html } from 'hono/html';
import { codeExamples } from './code-examples.ts';
import type { Described, Served } from './described.ts';
import { exampleAnswer } from './example-answers.ts';
import { exampleRequest } from './example-request.ts';
import { schemaText } from './schema-section.ts';
import { tryForm } from './try-form.ts';
import { withCode } from './with-code.ts';

/** One operation, folded: how to ask, what is answered, and a form to try it. */
export function operationSection(described: Described, served: Served) {
  const { path, method, operation } = described;
  const { operationId, summary, description } = operation;
  return html`<details class="operation" id="${operationId}"><summary><h3><span class="method">${method.toUpperCase()}</span> <code>${path}</code></h3> <span class="about">${summary}</span></summary>
${description ? html`<p>${withCode(description)}</p>` : ''}
${requestExamples(described, served)}
${answerExample(described, served)}
${tryForm(described, served)}
${parameters(described)}
${bodies(described)}
${answers(described)}
</details>`;
}

/** The request in each language, one of them shown. */
function requestExamples(described: Described, served: Served) {
  const { operationId } = described.operation;
  const examples = codeExamples(exampleRequest(described, served));
  return html`<h4>Example request</h4>
<div class="tabs" role="group" aria-label="Language of the example">${examples.map(
    ({ language, code }, i) => {
      const id = `${operationId}-${language}`;
      return html`<input type="radio" name="${operationId}-language" id="${id}"${i === 0 ? html` checked` : ''}><label for="${id}">${language}</label><pre><code>${code}</code></pre>`;
    },
  )}</div>`;
}

function answerExample({ method, path, operation }: Described, { recordedClasses }: Served) {
  const answer = exampleAnswer(operation.operationId);
  const types = Object.keys(operation.responses[200]!.content ?? {});
  return html`<h4>Example answer${recordedClasses ? '' : ', of a version with other classes'}</h4>
${answer === undefined ? html`<p>A file: ${types.join(' or ')}.</p>` : html`<pre class="answer" tabindex="0" role="region" aria-label="Example answer of ${method.toUpperCase()} ${path}"><code>${answer}</code></pre>`}`;
}

function parameters({ operation }: Described) {
  const { parameters } = operation;
  if (!parameters?.length) return '';
  return html`<h4>Parameters</h4><dl>${parameters.map(
    ({ name, in: place, description, schema }) =>
      html`<dt><code>${name}</code> (${place})</dt><dd>${withCode(description)} ${schemaText(schema)}</dd>`,
  )}</dl>`;
}

function bodies({ operation: { requestBody } }: Described) {
  if (!requestBody) return '';
  return html`<h4>Body</h4><dl>${Object.entries(requestBody.content).map(
    ([type, { schema }]) => html`<dt><code>${type}</code></dt><dd>${schemaText(schema)}</dd>`,
  )}</dl>`;
}

function answers({ operation: { responses } }: Described) {
  return html`<h4>Answers</h4><dl>${Object.entries(responses).map(
    ([status, { description, content, headers }]) =>
      html`<dt>${status}</dt><dd>${withCode(description)}<ul>${Object.entries(content ?? {}).map(
        ([type, { schema }]) => html`<li><code>${type}</code>: ${schemaText(schema)}</li>`,
      )}${Object.entries(headers ?? {}).map(
        ([name, header]) =>
          html`<li>Header <code>${name}</code>: ${withCode(header.description)}</li>`,
      )}</ul></dd>`,
  )}</dl>`;
}
