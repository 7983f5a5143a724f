import { copyFile, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What `wrangler.jsonc` calls before it bundles: lays the current model's files where the worker finds them. */
const artifacts = new URL('../model-artifacts/', import.meta.url);
const target = new URL('dist/edge-assets/model/', import.meta.url);

const { version } = JSON.parse(await readFile(new URL('current.json', artifacts), 'utf8'));
const folder = new URL(`${version}/`, artifacts);
const manifest = JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8'));
const { browserFiles } = await importSource('src/analysis/browser-files.ts');
// The edge loads what browsers load.
const paths = [...browserFiles(manifest).map(({ path }) => path), 'MODEL_CARD.md'];

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
// A version may be signed or not.
await copyFile(new URL('manifest.sig.json', folder), new URL('manifest.sig.json', target)).catch(
  (error) => {
    if (error.code !== 'ENOENT') throw error;
  },
);
for (const path of ['manifest.json', ...paths]) {
  const file = new URL(path, target);
  await mkdir(dirname(fileURLToPath(file)), { recursive: true });
  await copyFile(new URL(path, folder), file);
}

// What the page loads beside what is bundled: `npm run build` has made it.
await cp(new URL('dist/page-files/', import.meta.url), new URL('../page-files/', target), {
  recursive: true,
});

/** A module of the sources, which Node 20 does not read as they are. */
async function importSource(path) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(path, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}
