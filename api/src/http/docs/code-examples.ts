import type { ExampleRequest } from './example-request.ts';

/** A request in one language. */
export interface CodeExample {
  readonly language: string;
  readonly code: string;
}

/** A request as a shell command, in TypeScript (Node 20 or newer) and in Python (with the package requests). */
export function codeExamples(request: ExampleRequest): readonly CodeExample[] {
  return [
    { language: 'curl', code: curl(request) },
    { language: 'TypeScript', code: typeScript(request) },
    { language: 'Python', code: python(request) },
  ];
}

function curl({ url, headers, body, answer }: ExampleRequest): string {
  const parts = [
    `'${url}'`,
    ...Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`),
    ...(body === undefined
      ? []
      : 'file' in body
        ? [`--data-binary @${body.file}`]
        : body.form.map((file) => `-F image=@${file}`)),
    ...(answer === 'json' ? [] : [`-o ${answer.file}`]),
  ];
  return `curl ${parts.join(' \\\n  ')}`;
}

function typeScript({ method, url, headers, body, answer }: ExampleRequest): string {
  const files = [...(body ? ['readFile'] : []), ...(answer === 'json' ? [] : ['writeFile'])];
  const form = body && 'form' in body;
  const options = [
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    ...(Object.keys(headers).length > 0
      ? [
          `  headers: { ${Object.entries(headers)
            .map(([name, value]) => `${/^\w+$/.test(name) ? name : `'${name}'`}: '${value}'`)
            .join(', ')} },`,
        ]
      : []),
    ...(body === undefined
      ? []
      : [form ? '  body: form,' : `  body: await readFile('${'file' in body ? body.file : ''}'),`]),
  ];
  return [
    ...(files.length > 0 ? [`import { ${files.join(', ')} } from 'node:fs/promises';`, ''] : []),
    ...(form
      ? [
          'const form = new FormData();',
          `for (const file of [${body.form.map((file) => `'${file}'`).join(', ')}]) {`,
          "  form.append('image', new Blob([await readFile(file)]), file);",
          '}',
        ]
      : []),
    options.length > 0
      ? `const response = await fetch('${url}', {\n${options.join('\n')}\n});`
      : `const response = await fetch('${url}');`,
    'if (!response.ok) throw new Error(await response.text());',
    answer === 'json'
      ? 'console.log(await response.json());'
      : `await writeFile('${answer.file}', new Uint8Array(await response.arrayBuffer()));`,
  ].join('\n');
}

function python({ method, url, headers, body, answer }: ExampleRequest): string {
  const call = `requests.${method.toLowerCase()}`;
  const rest =
    Object.keys(headers).length > 0
      ? `, headers={${Object.entries(headers)
          .map(([name, value]) => `'${name}': '${value}'`)
          .join(', ')}}`
      : '';
  const asked =
    body === undefined
      ? [`response = ${call}('${url}'${rest})`]
      : 'file' in body
        ? [
            `with open('${body.file}', 'rb') as image:`,
            `    response = ${call}('${url}', data=image${rest})`,
          ]
        : [
            `photos = [${body.form.map((file) => `('image', open('${file}', 'rb'))`).join(', ')}]`,
            `response = ${call}('${url}', files=photos${rest})`,
          ];
  return [
    'import requests',
    '',
    ...asked,
    'response.raise_for_status()',
    answer === 'json'
      ? 'print(response.json())'
      : `open('${answer.file}', 'wb').write(response.content)`,
  ].join('\n');
}
