// Usage: node record-example-answers.mjs http://localhost:8080
// Asks a server with the bundled model what `/docs` shows as example answers, and writes example-answers.json.
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const [origin] = process.argv.slice(2);
if (!origin) throw new Error('give the address of a running server');

const path = (relative) => new URL(relative, import.meta.url);
const image = await readFile(path('../page/examples/ISIC_0025751.jpg'));
const { info, paths } = await (await fetch(`${origin}/openapi.json`)).json();
const { name } = await (await fetch(`${origin}/model`)).json();

const QUERIES = { '/predict': '?top_k=2&similar=1', '/gradcam': '?class=mel' };
const recorded = {};
for (const [route, methods] of Object.entries(paths)) {
  for (const [method, { operationId, requestBody, responses }] of Object.entries(methods)) {
    if (!responses[200].content['application/json'] || route.includes('/versions/')) continue;
    const filled = route.replace('{name}', name).replace('{version}', info.version);
    const headers = { Accept: 'application/json' };
    if (route.startsWith('/v2') && requestBody) headers['Inference-Header-Content-Length'] = '0';
    const response = await fetch(origin + filled + (QUERIES[route] ?? ''), {
      method: method.toUpperCase(),
      headers,
      ...(requestBody && { body: route === '/lesion' ? form(2) : image }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${filled}: ${JSON.stringify(answer)}`);
    recorded[operationId] = shortened(answer);
  }
}
await writeFile(path('example-answers.json'), `${JSON.stringify(recorded)}\n`);
// Formatted as the rest is: lists of numbers on a line.
execFileSync('npx', ['biome', 'format', '--write', fileURLToPath(path('example-answers.json'))]);

function form(photos) {
  const body = new FormData();
  for (let i = 1; i <= photos; i++) body.append('image', new Blob([image]), `photo-${i}.jpg`);
  return body;
}

/** What a reader need not see whole: the card, the overlay, and what was fitted. */
function shortened(answer) {
  const { assessment, similar_cases: _, ...rest } = answer;
  const fitted = assessment && 'conformal' in assessment;
  return {
    ...(fitted ? rest : answer),
    ...(answer.card && { card: `${answer.card.slice(0, 60)}…` }),
    ...(answer.overlay && { overlay: `${answer.overlay.slice(0, 60)}…` }),
  };
}
