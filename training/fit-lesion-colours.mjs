// Bundles src/evaluate/assessment/fit-lesion-colours.ts and runs it: npm run build comes first.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = at('.cache/fit-lesion-colours.mjs');
await build({
  entryPoints: [at('src/evaluate/assessment/fit-lesion-colours.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  external: ['sharp'],
  logLevel: 'warning',
});
await import(outfile);
