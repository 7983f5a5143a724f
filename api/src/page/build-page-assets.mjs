import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Writes what the page loads into one module, so that a runtime without a file system serves it too.
 *
 * @param {string} outfile the JavaScript module that `#page-assets` names
 */
export async function buildPageAssets(outfile) {
  const bundled = await build({
    entryPoints: { page: path('client/main.ts'), style: path('page.css') },
    outdir: path('.'),
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome109', 'firefox115', 'safari16'],
    charset: 'utf8',
    logLevel: 'warning',
  });
  const text = (ending) => bundled.outputFiles.find((file) => file.path.endsWith(ending)).text;
  const pictures = (await readdir(path('examples'))).filter((name) => name.endsWith('.jpg'));

  const entries = [
    entry('page.js', 'text/javascript; charset=utf-8', text('.js')),
    entry('page.css', 'text/css; charset=utf-8', text('.css')),
    entry('icon.png', 'image/png', await readFile(path('icon.png'))),
    ...(await Promise.all(
      pictures.map(async (name) =>
        entry(name, 'image/jpeg', await readFile(path(`examples/${name}`))),
      ),
    )),
  ];
  await writeFile(
    outfile,
    `const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));\nexport const assets = {\n${entries.join('')}};\n`,
  );
}

/** One line of the module: text as it is, bytes as base64. */
function entry(name, type, body) {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  const value =
    typeof body === 'string' ? JSON.stringify(body) : `bytes('${body.toString('base64')}')`;
  return `  '${name}': { type: '${type}', etag: '"${digest}"', body: ${value} },\n`;
}
