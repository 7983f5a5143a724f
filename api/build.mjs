import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPageAssets } from './src/page/build-page-assets.mjs';

const root = new URL('./', import.meta.url);
const path = (relative) => fileURLToPath(new URL(relative, root));

await rm(path('dist'), { recursive: true, force: true });
await mkdir(path('dist'));
await buildPageAssets(path('dist/page-assets.js'));
await Promise.all([
  build({
    absWorkingDir: path('.'),
    entryPoints: ['src/node.ts', 'src/inference-worker.ts'],
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
  }),
  copyFile(
    fileURLToPath(import.meta.resolve('@naevus/shared/resampler.wasm')),
    path('dist/resampler.wasm'),
  ),
]);
