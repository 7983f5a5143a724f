import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INSTALLED_PACKAGES } from '../../deploy/installed-packages.mjs';

/**
 * Writes what the server's package holds: the built bundle, the command, and the current model without its reports,
 * in the same places to each other as in the repository.
 *
 * @param {string} folder of the package
 * @param {string} root of the repository, built
 */
export async function stageServer(folder, root) {
  const api = join(root, 'api');
  const dist = join(api, 'dist');
  await mkdir(join(folder, 'api'));
  await cp(join(api, 'naevus.mjs'), join(folder, 'api/naevus.mjs'));
  await cp(dist, join(folder, 'api/dist'), {
    recursive: true,
    // What edge workers and tests build lies there, too.
    filter: (path) => path === dist || /\.js$|[/\\]page-files/.test(path),
  });
  await copyModel(join(root, 'model-artifacts'), join(folder, 'model-artifacts'));
  await addDependencies(join(folder, 'package.json'), join(api, 'package.json'));
  await writeFile(join(folder, 'THIRD_PARTY_LICENSES.txt'), await licences(dist, root));
}

async function copyModel(from, to) {
  const { version } = JSON.parse(await readFile(join(from, 'current.json'), 'utf8'));
  const reports = join(from, version, 'reports');
  await mkdir(to);
  for (const name of ['current.json', version]) {
    await cp(join(from, name), join(to, name), {
      recursive: true,
      filter: (path) => path !== reports,
    });
  }
}

/** The versions that the workspace was built and tested with. */
async function addDependencies(manifest, workspace) {
  const { dependencies } = JSON.parse(await readFile(workspace, 'utf8'));
  const packed = JSON.parse(await readFile(manifest, 'utf8'));
  packed.dependencies = Object.fromEntries(
    INSTALLED_PACKAGES.map((name) => [name, dependencies[name]]),
  );
  await writeFile(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}

/** The licences of everything that the bundle holds of other packages, and of the decoder's libraries. */
async function licences(dist, root) {
  const maps = (await readdir(dist)).filter((file) => file.endsWith('.map'));
  const packages = new Set();
  for (const map of maps) {
    const { sources } = JSON.parse(await readFile(join(dist, map), 'utf8'));
    for (const source of sources) {
      const folder = /^(?:\.\.\/)+(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
      if (folder !== undefined) packages.add(folder);
    }
  }
  const texts = [await readFile(join(root, 'api/src/wasm/codecs/NOTICE.md'), 'utf8')];
  for (const folder of [...packages].sort()) texts.push(await licenceOf(join(root, folder)));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  );
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : `\n${await readFile(join(folder, file), 'utf8')}`;
  return `${name} ${version}: ${license}\n${text}`;
}
