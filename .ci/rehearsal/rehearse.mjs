// Rehearses the retraining workflow on this machine: its very steps, twice, in a scratch clone, on small made-up
// pictures. The first candidate passes the gate, is signed, bundled and served; a commit that breaks the recipe makes
// the second, which must be refused; then the server goes back to the version it had before, and forth again.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { cloneWithPackages, writeMaterial } from './scratch-clone.mjs';
import { runJobs, StepError } from './workflow-steps.mjs';

const HELP = `npm run rehearse [-- --keep]

--keep  leave the scratch folder, and say where it is
`;
const JOBS = ['version', 'images', 'train', 'candidate', 'publish'];
/** What needs GitHub, or was done to the scratch clone already. */
const SKIP = new Set([
  'npm ci',
  'npm run setup:training',
  'unreleased',
  'bundle',
  'release',
  'pull-request',
]);
/** Random weights, which is all that a closed network has, learn a head and do not survive fine-tuning. */
const PIPELINE = 'training/configs/rehearsal.json';
const GOOD = '9.0.0';
const BAD = '9.1.0';
const KAGGLE = { KAGGLE_USERNAME: 'rehearsal', KAGGLE_KEY: 'no-secret' };

const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help) console.log(HELP);
else await main();

async function main() {
  const scratch = mkdtempSync(join(tmpdir(), 'naevus-rehearsal-'));
  const cleanups = [];
  const started = performance.now();
  try {
    await rehearse(scratch, cleanups);
    console.log(`rehearsed in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    console.error(`the rehearsal failed: ${error.message}`);
    process.exitCode = 1;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
    if (values.keep) console.log(`kept: ${scratch}`);
    else rmSync(scratch, { recursive: true, force: true });
  }
}

async function rehearse(scratch, cleanups) {
  const clone = join(scratch, 'clone');
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: clone, encoding: 'utf8', env: environment });
  const environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    CI: 'true',
    NO_COLOR: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_CACHE_DIR: join(scratch, 'turbo'),
    npm_config_update_notifier: 'false',
  };

  section('a scratch clone without a model, and pictures to train on');
  cloneWithPackages(clone);
  const bundled = JSON.parse(
    readFileSync(join(clone, 'model-artifacts/current.json'), 'utf8'),
  ).version;
  renameSync(join(clone, 'model-artifacts', bundled), join(scratch, bundled));
  const others = run('git', 'ls-files', 'model-artifacts').match(
    /(?<=^model-artifacts\/)[^/\n]+(?=\/)/gm,
  );
  for (const version of new Set(others)) {
    rmSync(join(clone, 'model-artifacts', version), { recursive: true, force: true });
  }
  rmSync(join(clone, 'model-artifacts/current.json'));
  writeFileSync(
    join(clone, '.github/gate-policy.json'),
    // Few pictures, a short training: what counts here is that the good and the broken recipe are told apart.
    JSON.stringify({
      minImages: 30,
      resamples: 1000,
      floors: {
        balancedAccuracy: 0.5,
        macroAuc: 0.8,
        melanomaSensitivity: 0.3,
        calibrationError: 0.6,
      },
    }),
  );
  commit(run, 'Begin without a model');
  const { dataSha256, hosts } = await makeMaterial(scratch);
  cleanups.push(() => hosts.close());

  run('npm', 'run', '--silent', 'models', '--', 'keygen', '--out', join(scratch, 'signing.key'));
  const publicKey = readFileSync(join(scratch, 'signing.key.pub'), 'utf8').trim();
  const retrain = (version, mirror) =>
    runJobs(join(clone, '.github/workflows/retrain.yml'), {
      jobs: JOBS,
      skip: SKIP,
      folder: clone,
      scratch,
      environment: {
        ...environment,
        KAGGLE_API_ENDPOINT: hosts.address,
        ISIC_API_ENDPOINT: hosts.address,
      },
      context: {
        'inputs.tag || github.ref_name': `model-v${version}`,
        "inputs.pipeline || 'training/configs/release.json'": PIPELINE,
        'inputs.override': '',
        // Not set: Actions gives an empty text.
        'secrets.KAGGLE_API_TOKEN': '',
        'secrets.KAGGLE_USERNAME': KAGGLE.KAGGLE_USERNAME,
        'secrets.KAGGLE_KEY': KAGGLE.KAGGLE_KEY,
        'secrets.NAEVUS_SIGNING_KEY': readFileSync(join(scratch, 'signing.key'), 'utf8'),
        'vars.NAEVUS_DATA_MIRROR': mirror,
        'vars.NAEVUS_DATA_SHA256': dataSha256,
        'vars.NAEVUS_WEIGHTS': join(scratch, 'weights.safetensors'),
      },
    });

  section(`model-v${GOOD}, which must pass`);
  await retrain(GOOD, '');
  commit(run, `Bundle ${GOOD}`);

  section(`the API serves ${GOOD}, and trusts one key`);
  const models = (...args) => run('npm', 'run', '--silent', 'models', '--', ...args);
  models('add', join(scratch, bundled));
  models('sign', bundled, '--key', join(scratch, 'signing.key'));
  run('npm', 'run', 'build');
  const server = await startServer(clone, { ...environment, NAEVUS_TRUSTED_KEY: publicKey });
  cleanups.push(() => server.stop());
  await smoke(clone, server.url, GOOD);

  section(`model-v${BAD} out of a broken recipe, which must be refused`);
  breakRecipe(join(clone, 'training/src/run/config/presets.ts'));
  commit(run, 'Break the recipe');
  rmSync(join(clone, 'runs'), { recursive: true });
  rmSync(join(clone, 'data'), { recursive: true });
  const refusal = await retrain(BAD, `${hosts.address}/mirror`).catch((error) => error);
  if (!(refusal instanceof StepError) || refusal.step !== 'gate' || refusal.status !== 2) {
    throw (
      refusal ??
      new Error(`${BAD} was let pass: ${readFileSync(join(clone, 'runs/reports/gate.md'))}`)
    );
  }
  console.log(readFileSync(join(clone, 'runs/reports/gate.md'), 'utf8'));
  await smoke(clone, server.url, GOOD);

  section('a version that is not what it says, which the running server must refuse');
  const forged = join(clone, 'model-artifacts', BAD);
  cpSync(join(clone, 'model-artifacts', GOOD), forged, { recursive: true });
  writeFileSync(join(clone, 'model-artifacts/current.json'), JSON.stringify({ version: BAD }));
  await server.logged('the new version is refused');
  await smoke(clone, server.url, GOOD);
  rmSync(forged, { recursive: true });

  section(`back to ${bundled}, and forth again`);
  models('use', bundled, '--key', publicKey);
  await smoke(clone, server.url, bundled);
  models('use', GOOD, '--key', publicKey);
  await smoke(clone, server.url, GOOD);
  const status = await server.stop();
  if (status !== 0) throw new Error(`the server ended with ${status}`);
}

function section(title) {
  console.log(`\n=== ${title}`);
}

function commit(run, message) {
  const author = ['-c', 'user.name=Rehearsal', '-c', 'user.email=rehearsal@localhost'];
  run('git', ...author, 'commit', '--quiet', '--all', '--allow-empty', '--message', message);
}

/** Pictures behind a server that speaks Kaggle's and the ISIC archive's interfaces, and weights to begin from. */
async function makeMaterial(scratch) {
  const dataSha256 = await writeMaterial(scratch);
  const listed = JSON.parse(readFileSync(join(scratch, 'acral.json'), 'utf8'));
  const { KAGGLE_USERNAME, KAGGLE_KEY } = KAGGLE;
  const right = `Basic ${Buffer.from(`${KAGGLE_USERNAME}:${KAGGLE_KEY}`).toString('base64')}`;
  const send = (response, file) => {
    const bytes = readFileSync(join(scratch, file));
    response.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
  };
  const server = createServer(({ headers, url }, response) => {
    const address = `http://${headers.host}`;
    const [, name] = url.match(/^\/(?:mirror|files)\/([\w-]+\.(?:zip|jpg))$/) ?? [];
    if (url.startsWith('/api/v1/datasets/download/')) {
      if (headers.authorization === right) send(response, 'ham10000.zip');
      else response.writeHead(401).end();
    } else if (url.startsWith('/images/search/')) {
      const results = listed.map(({ files: { full }, ...image }) => ({
        ...image,
        files: { full: { ...full, url: address + full.url } },
      }));
      response.end(JSON.stringify({ count: results.length, next: null, results }));
    } else if (name) send(response, name.endsWith('.zip') ? name : join('acral', name));
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    dataSha256,
    hosts: {
      address: `http://127.0.0.1:${server.address().port}`,
      close() {
        server.closeAllConnections();
        server.close();
      },
    },
  };
}

/** One epoch at no learning rate to speak of: a mistake as one may be merged. */
function breakRecipe(file) {
  const recipe = readFileSync(file, 'utf8');
  const broken = recipe
    .replace(/(\n {2}head: \{\n {4}head: \{\n {6}epochs: )\d+/, '$11')
    .replace(/(\n {2}head: \{\n {4}head: \{[^}]*?learningRate: )[\d.e-]+/, '$11e-9');
  if (!broken.includes('1e-9')) throw new Error(`${file} has no preset head to break`);
  writeFileSync(file, broken);
}

async function startServer(clone, environment) {
  const child = spawn(process.execPath, ['api/dist/node.js'], {
    cwd: clone,
    env: { ...environment, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = [];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line);
      lines.push(entry);
      if (entry.msg === 'listening') resolve(entry.url);
    });
    ended.then((status) => reject(new Error(`the server ended with ${status}`)));
  });
  return {
    url,
    async logged(text) {
      for (let waited = 0; waited < 60_000; waited += 200) {
        const found = lines.find(({ msg }) => msg?.includes(text));
        if (found) return console.log(JSON.stringify(found));
        await delay(200);
      }
      throw new Error(`the server did not say: ${text}`);
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** The server looks for a new version by itself, a moment later. */
async function smoke(clone, url, version) {
  const args = ['.ci/smoke.mjs', url, '--version', version];
  for (let attempt = 1; ; attempt++) {
    try {
      const said = execFileSync(process.execPath, args, {
        cwd: clone,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return console.log(said.trim());
    } catch (error) {
      if (attempt === 60) throw new Error(error.stderr);
      await delay(500);
    }
  }
}
