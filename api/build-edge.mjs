import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// Bundles a worker as `wrangler deploy` would, into dist/edge or dist/bulk, and holds its size to the bounds.
// Usage: node build-edge.mjs [edge|bulk]

const MEBIBYTE = 2 ** 20;
/** Of the program and its WebAssembly, compressed; the platform's paid plan would take 10. */
const MOST_BUNDLE = MEBIBYTE;
/** Of all weights together. */
const MOST_WEIGHTS = 9 * MEBIBYTE;

const CONFIGS = { edge: 'wrangler.jsonc', bulk: 'wrangler.bulk.jsonc' };
const [name = 'edge', ...more] = process.argv.slice(2);
if (!Object.hasOwn(CONFIGS, name) || more.length > 0) {
  console.error(`build-edge.mjs takes one of ${Object.keys(CONFIGS).join(', ')}`);
  process.exit(2);
}

const workspace = fileURLToPath(new URL('./', import.meta.url));
const outdir = join(workspace, 'dist', name);
const require = createRequire(import.meta.url);
const wrangler = join(dirname(require.resolve('wrangler/package.json')), 'bin/wrangler.js');

rmSync(outdir, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [wrangler, 'deploy', '--config', CONFIGS[name], '--dry-run', '--outdir', outdir],
  {
    cwd: workspace,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'warn', CI: 'true' },
  },
);

const bundle = readdirSync(outdir).filter((name) => /\.(js|wasm)$/.test(name));
const compressed = bundle.map((name) => gzipSync(readFileSync(join(outdir, name))).length);
const graph = join(workspace, 'dist/edge-assets/model/tfjs');
const weights = readdirSync(graph)
  .filter((name) => name.endsWith('.bin'))
  .map((name) => statSync(join(graph, name)).size);

bound('the worker without weights, compressed', sum(compressed), MOST_BUNDLE);
bound('the weights', sum(weights), MOST_WEIGHTS);

function sum(sizes) {
  return sizes.reduce((total, size) => total + size, 0);
}

function bound(what, bytes, most) {
  const text = `${what}: ${(bytes / MEBIBYTE).toFixed(2)} MiB (at most ${most / MEBIBYTE})`;
  if (bytes <= most) {
    console.log(text);
    return;
  }
  console.error(text);
  process.exitCode = 1;
}
