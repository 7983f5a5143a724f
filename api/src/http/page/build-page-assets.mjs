import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Writes what the page loads into one module, so that a runtime without a file system serves it too.
 *
 * @param {string} outfile the JavaScript module that `#page-assets` names
 * @param {string} folder for what is too large for it: the workers of the page and their WebAssembly
 * @param {string} [script] runs in the page beside its own
 */
export async function buildPageAssets(outfile, folder, script = '') {
  await buildWorkers(folder);
  const bundled = await build({
    entryPoints: {
      page: path('client/main.ts'),
      'page-style': path('page.css'),
      docs: path('../docs/client/docs.ts'),
      'docs-style': path('../docs/docs.css'),
    },
    outdir: path('.'),
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome109', 'firefox115', 'safari16'],
    charset: 'utf8',
    footer: { js: script },
    logLevel: 'warning',
  });
  const text = (name) => bundled.outputFiles.find((file) => basename(file.path) === name).text;
  const pictures = (await readdir(path('examples'))).filter((name) => name.endsWith('.jpg'));

  const entries = [
    entry('page.js', 'text/javascript; charset=utf-8', text('page.js')),
    entry('page.css', 'text/css; charset=utf-8', text('page-style.css')),
    entry('docs.js', 'text/javascript; charset=utf-8', text('docs.js')),
    entry('docs.css', 'text/css; charset=utf-8', text('docs-style.css')),
    entry('icon.png', 'image/png', await readFile(path('icon.png'))),
    ...(await Promise.all(
      pictures.map(async (name) =>
        entry(name, 'image/jpeg', await readFile(path(`examples/${name}`))),
      ),
    )),
  ];
  const files = await Promise.all(
    (await readdir(folder)).map(
      async (name) =>
        `  '${name}': { ${described(typeOf(name), await readFile(join(folder, name)))} },\n`,
    ),
  );
  await writeFile(
    outfile,
    `const text = (content) => new TextEncoder().encode(content);
const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
export const assets = {\n${entries.join('')}};
export const files = {\n${files.join('')}};\n`,
  );
}

/** One line of the module: text as it is, bytes as base64. */
function entry(name, type, body) {
  const value =
    typeof body === 'string'
      ? `text(${JSON.stringify(body)})`
      : `bytes('${body.toString('base64')}')`;
  return `  '${name}': { ${described(type, body)}, body: ${value} },\n`;
}

function described(type, content) {
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 22);
  return `type: '${type}', etag: '"${digest}"'`;
}

function typeOf(name) {
  return name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript; charset=utf-8';
}

async function buildWorkers(folder) {
  const require = createRequire(import.meta.url);
  await mkdir(folder, { recursive: true });
  await Promise.all([
    build({
      entryPoints: {
        'on-device': path('client/on-device/worker.ts'),
        'service-worker': path('client/on-device/service-worker.ts'),
      },
      outdir: folder,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: ['chrome109', 'firefox115', 'safari16.4'],
      charset: 'utf8',
      logLevel: 'warning',
    }),
    // With relaxed SIMD, and for browsers that do not have it.
    ...['fused', 'plain'].map(compileNetwork),
    ...[path('../../wasm/codecs/decoder.wasm'), require.resolve('@naevus/shared/kernels.wasm')].map(
      (file) => copyFile(file, join(folder, basename(file))),
    ),
  ]);
}

async function compileNetwork(target) {
  const { main } = await import('assemblyscript/asc');
  const config = path('../../wasm/network/assembly/asconfig.json');
  const { error, stderr } = await main(['--config', config, '--target', target]);
  if (error) throw new Error(`the network's kernels were not compiled:\n${stderr}`);
}
