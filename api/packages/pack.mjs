// Packs the client, and the server with its command line and model, as npm packages:
//   node api/packages/pack.mjs [client|server] [FOLDER]     both, into the folder dist/, by default
// The workspaces have to be built before (`npm run package` does so). Prints the paths of the packages.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageClient } from './client/stage.mjs';
import { stageServer } from './server/stage.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const STAGES = { client: stageClient, server: stageServer };

const args = process.argv.slice(2);
const names = Object.keys(STAGES).filter((name) => !(args[0] in STAGES) || args[0] === name);
const destination = resolve(args.find((arg) => !(arg in STAGES)) ?? join(root, 'dist'));
await mkdir(destination, { recursive: true });

const staging = await mkdtemp(join(tmpdir(), 'naevus-package-'));
try {
  for (const name of names) {
    const folder = join(staging, name);
    await mkdir(folder);
    for (const file of ['package.json', 'README.md'])
      await cp(join(here, name, file), join(folder, file));
    await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'));
    await STAGES[name](folder, root);
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    console.log(join(destination, JSON.parse(packed)[0].filename));
  }
} finally {
  await rm(staging, { recursive: true, force: true });
}
