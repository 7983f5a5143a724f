// The server while it is worked on: built and started again whenever a source changes, and the page with it.
// Usage, from the root: npm run dev
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const api = fileURLToPath(new URL('./', import.meta.url));
const shared = join(api, '../shared');

/** Editors write a file in several steps. */
const SETTLED_MS = 100;
const IGNORED = /(\.test\.ts|~|\.sw.|\.tmp)$/;

/** Folders, and what has to be built before the server where something in them changes. */
const WATCHED = [
  [join(api, 'src'), () => []],
  [
    join(shared, 'src'),
    (file) => (file.includes('assembly') ? [['npm', ['run', '--silent', 'build'], shared]] : []),
  ],
];

/** The bundle looks for the models beside the folder of a workspace, where this one is not. */
const ENVIRONMENT = { NAEVUS_MODEL_DIR: join(api, '../model-artifacts'), ...process.env };

let server;
let timer;
let running = Promise.resolve();
let before = [];

for (const [folder, needs] of WATCHED) {
  watch(folder, { recursive: true }, (_, file) => {
    if (file === null || IGNORED.test(file)) return;
    before.push(...needs(file));
    clearTimeout(timer);
    timer = setTimeout(() => {
      console.error(`changed: ${file}`);
      running = running.then(rebuild);
    }, SETTLED_MS);
  });
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stop();
    process.exit(0);
  });
}
running = running.then(rebuild);

/** Leaves the server as it is where the build fails. */
async function rebuild() {
  const steps = [...before, [process.execPath, ['build.mjs', '--dev'], api]];
  before = [];
  for (const [command, args, cwd] of steps) {
    const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
    if (status !== 0) return console.error('not built: the server is the one from before');
  }
  await stop();
  server = spawn(process.execPath, ['.cache/dev/node.js'], {
    cwd: api,
    stdio: 'inherit',
    env: ENVIRONMENT,
  });
}

async function stop() {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
}
