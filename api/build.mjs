import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { INSTALLED_PACKAGES } from './deploy/installed-packages.mjs';
import { buildPageAssets } from './src/http/page/build-page-assets.mjs';

// Usage: node build.mjs [--dev]     into dist/, or in development into .cache/dev/

const root = new URL('./', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));

/** In development: loads the page again once the server was built again, which the time in it tells. */
const RELOAD = `const built = ${Date.now()};
let tag;
setInterval(async () => {
  const response = await fetch(import.meta.url, { method: 'HEAD', cache: 'no-cache' }).catch(() => {});
  const now = response?.ok ? response.headers.get('ETag') : tag;
  if (tag !== undefined && now !== tag) location.reload();
  tag = now;
}, 500);`;
const dev = process.argv.includes('--dev');
const out = path(dev ? '.cache/dev' : 'dist');

await mkdir(out, { recursive: true });
await buildPageAssets(`${out}/page-assets.js`, `${out}/page-files`, dev ? RELOAD : '');
const { metafile } = await build({
  absWorkingDir: path('.'),
  entryPoints: [
    'src/entry/node.ts',
    'src/entry/cli.ts',
    'src/entry/inference-worker.ts',
    'src/entry/parser-worker.ts',
    'src/entry/report-worker.ts',
    'src/entry/conversion-worker.ts',
  ],
  outdir: out,
  alias: { '#page-assets': `${out}/page-assets.js` },
  bundle: true,
  // What is not needed at once stays in files of its own: the first worker starts before them.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  external: INSTALLED_PACKAGES,
  // CommonJS packages inside of the bundle still call require.
  banner: {
    js: "import { createRequire as naevusCreateRequire } from 'node:module'; const require = naevusCreateRequire(import.meta.url);",
  },
  logLevel: 'warning',
  metafile: true,
});

// What earlier builds left goes last: a server that runs meanwhile finds its files.
const current = new Set([
  'page-assets.js',
  'page-files',
  ...Object.keys(metafile.outputs).map((file) => basename(file)),
]);
for (const file of await readdir(out)) {
  if (!current.has(file)) await rm(`${out}/${file}`, { recursive: true });
}
// Tells that this build is whole, and when it was.
await writeFile(`${out}/built`, '');
