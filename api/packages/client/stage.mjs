import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Sources whose declarations are taken as they are: they name no schema. */
const DECLARED = {
  'client/client': 'client',
  'client/client-error': 'client-error',
  'client/labelled': 'labelled',
  'fhir/resources': 'fhir',
};

/**
 * Writes what the client's package holds: one module of JavaScript, and declarations that need no other package.
 *
 * @param {string} folder of the package
 * @param {string} root of the repository
 */
export async function stageClient(folder, root) {
  const dist = join(folder, 'dist');
  await mkdir(dist);
  await build({
    entryPoints: [join(root, 'api/src/client/client.ts')],
    outfile: join(dist, 'client.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    logLevel: 'warning',
  });
  // In the workspace, so that its packages are found.
  const work = await mkdtemp(join(root, 'api/.cache-client-types-'));
  try {
    await writeAnswerTypes(join(dist, 'answers.d.ts'), work, root);
    await copyDeclarations(dist, work, root);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function writeAnswerTypes(file, work, root) {
  const program = join(work, 'answer-types.mjs');
  await build({
    entryPoints: [join(root, 'api/packages/client/answer-types.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  const { answerTypes } = await import(pathToFileURL(program).href);
  await writeFile(file, answerTypes());
}

async function copyDeclarations(dist, work, root) {
  const config = join(work, 'tsconfig.json');
  await writeFile(
    config,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '../..',
        outDir: '.',
      },
      files: ['../src/client/client.ts'],
      include: [],
    }),
  );
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', config], { stdio: 'inherit' });
  for (const [source, name] of Object.entries(DECLARED)) {
    const text = await readFile(join(work, `api/src/${source}.d.ts`), 'utf8');
    await writeFile(join(dist, `${name}.d.ts`), withPackedImports(text));
  }
}

/** Declarations that import from the package's own: those of schemas are in `answers.d.ts`. */
function withPackedImports(text) {
  return text.replace(/ from '([^']+)\.ts'| from '(@naevus\/shared\/[^']+)'/g, (_, path) => {
    const source = Object.keys(DECLARED).find((key) => path?.endsWith(key.slice(key.indexOf('/'))));
    return ` from './${source === undefined ? 'answers' : DECLARED[source]}.js'`;
  });
}
