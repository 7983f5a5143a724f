import { copyFile, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `wrangler.jsonc` calls before it bundles: lays the current model's files where the worker finds them. */
const artifacts = new URL('../model-artifacts/', import.meta.url);
const target = new URL('dist/edge-assets/model/', import.meta.url);

const { version } = JSON.parse(await readFile(new URL('current.json', artifacts), 'utf8'));
const folder = new URL(`${version}/`, artifacts);
const { engines, files, assessment, similarCases } = JSON.parse(
  await readFile(new URL('manifest.json', folder), 'utf8'),
);
const graphFolder = engines.tfjs.path.slice(0, engines.tfjs.path.lastIndexOf('/') + 1);
const paths = files
  .map(({ path }) => path)
  .filter(
    (path) =>
      path.startsWith(graphFolder) ||
      path === 'MODEL_CARD.md' ||
      path === assessment?.outOfDistribution.path ||
      path === assessment?.modality?.path ||
      path === similarCases?.path ||
      similarCases?.pictures?.paths.includes(path),
  );

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
