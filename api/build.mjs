import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPageAssets } from './src/http/page/build-page-assets.mjs';

const root = new URL('./', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));

await mkdir(path('dist'), { recursive: true });
await buildPageAssets(path('dist/page-assets.js'), path('dist/page-files'));
const { metafile } = await build({
  absWorkingDir: path('.'),
  entryPoints: [
    'src/entry/node.ts',
    'src/entry/cli.ts',
    'src/entry/inference-worker.ts',
    'src/entry/parser-worker.ts',
  ],
  outdir: 'dist',
  bundle: true,
  // What is not needed at once stays in files of its own: the first worker starts before them.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  // Native, and loaded by path from where they are installed.
  external: ['sharp', 'onnxruntime-node'],
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
for (const file of await readdir(path('dist'))) {
  if (!current.has(file)) await rm(path(`dist/${file}`), { recursive: true });
}
