// Bundles the commands and the worker threads into dist/, with the WebAssembly that they load from beside them.
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const files = await readdir(at('src'), { recursive: true });
const workers = files.filter((file) => file.endsWith('-worker.ts'));
const commands = files.filter((file) => /^commands\/[a-z]+\.ts$/.test(file));
const entryPoints = [...commands, ...workers].map((file) => ({
  in: at(`src/${file}`),
  out: basename(file, '.ts'),
}));

const { dependencies } = JSON.parse(await readFile(at('package.json'), 'utf8'));

// What is there is overwritten, not cleared: a training that runs may still start a worker.
await build({
  entryPoints,
  outdir: at('dist'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  // Installed packages stay as they are, native code among them; our own TypeScript goes into the bundle.
  external: Object.keys(dependencies).filter((name) => !name.startsWith('@naevus/')),
  logLevel: 'warning',
});
await copyFile(
  createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm'),
  at('dist/kernels.wasm'),
);
