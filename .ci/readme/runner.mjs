import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cloneWithPackages, writeMaterial } from '../rehearsal/scratch-clone.mjs';

const START_LIMIT_MS = 300_000;
const OTHER_VERSION = '1.2.4';
const EXAMPLES = 'api/src/http/page/examples';

/** Runs commands in a scratch clone, with files in the places of those that a reader puts in. */
export class Runner {
  done = 0;
  leftOut = 0;
  #scratch;
  #clone;
  #environment;
  /** What was started and goes on: a server, or the worker. */
  #running;
  #document;
  #port;
  /** The client's key that `keys` showed. */
  #key = '';

  constructor(scratch) {
    this.#scratch = scratch;
    this.#clone = join(scratch, 'clone');
  }

  async prepare() {
    cloneWithPackages(this.#clone);
    await writeMaterial(this.#scratch);
    const photo = join(this.#clone, EXAMPLES, 'ISIC_0025751.jpg');
    for (const name of ['1.jpg', '2.jpg', '3.jpg', 'image.jpg', 'lesion.jpg', 'FILE']) {
      cpSync(photo, join(this.#clone, name));
    }
    cpSync(join(this.#clone, EXAMPLES), join(this.#clone, 'FOLDER'), { recursive: true });
    // As from elsewhere.
    const versions = join(this.#clone, 'model-artifacts');
    const { version } = JSON.parse(readFileSync(join(versions, 'current.json'), 'utf8'));
    const other = join(this.#scratch, `other/${OTHER_VERSION}`);
    cpSync(join(versions, version), other, { recursive: true });
    const manifest = join(other, 'manifest.json');
    const facts = JSON.parse(readFileSync(manifest, 'utf8'));
    writeFileSync(manifest, JSON.stringify({ ...facts, version: OTHER_VERSION }));
    const policy = join(this.#scratch, 'policy.json');
    writeFileSync(policy, JSON.stringify({ minImages: 30 }));
    this.#environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CI: 'true',
      NO_COLOR: '1',
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_CACHE_DIR: join(this.#scratch, 'turbo'),
      npm_config_update_notifier: 'false',
      DATA: join(this.#scratch, 'images'),
      WEIGHTS: join(this.#scratch, 'weights.safetensors'),
      OTHER_VERSION: other,
      POLICY: policy,
    };
    const { status, output } = await this.#bash('npm run --silent build');
    if (status !== 0) throw new Error(`the clone cannot be built:\n${output}`);
  }

  /** The commands of one block, and what they start. */
  async block(path, steps) {
    if (path !== this.#document) await this.#begin(path);
    const startsOne = steps.some(({ rule }) => rule.starts === 'server');
    const asks = steps.some(({ rule }) => rule.asks && !rule.leftOut);
    if (asks && !startsOne && this.#running?.kind !== 'server') {
      await this.#start('node api/dist/node.js', 'server');
    }
    for (const { command, rule } of steps) {
      const untrained = rule.trained && !existsSync(join(this.#clone, 'runs/mine'));
      const leftOut = untrained
        ? 'README.md, which trains the run that it needs, is not run'
        : rule.leftOut;
      if (leftOut) {
        this.leftOut++;
        console.log(`--- ${path}: left out: ${command} (${leftOut})`);
        continue;
      }
      console.log(`--- ${path}: ${command}`);
      await this.#step(rule.as?.(command) ?? command, rule);
      this.done++;
    }
  }

  /** Each document begins with the versions that are committed. */
  async #begin(path) {
    this.#document = path;
    await this.#bash('git checkout --quiet -- . && git clean -fdxq model-artifacts');
  }

  async #step(command, { starts, statuses = [0] }) {
    if (starts) return this.#start(command, command.includes('NAEVUS_') ? 'own server' : starts);
    const text = command
      .replaceAll(/\b(localhost|server|a|b):8080/g, `localhost:${this.#port}`)
      .replaceAll('nvs_…', this.#key);
    const { status, output } = await this.#bash(text);
    this.#key = /(nvs_[\w-]+)/.exec(output)?.[1] ?? this.#key;
    if (!statuses.includes(status) || /^ {4}at /m.test(output)) {
      throw new Error(`${text}\nended with ${status}:\n${output}`);
    }
  }

  /** Starts what goes on, and waits until it is ready. */
  async #start(command, kind) {
    await this.stop();
    this.#port = await freePort();
    const worker = kind === 'edge';
    // The worker's port is an option, as a reader whose 8787 is taken would give it.
    const text = worker ? `${command} -- --port ${this.#port}` : command;
    const environment = { ...this.#environment, PORT: String(this.#port) };
    const child = spawn('bash', ['-c', text], {
      cwd: this.#clone,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece) => {
        output = (output + piece).slice(-4000);
      });
    }
    const ended = new Promise((resolve) => child.once('exit', resolve));
    this.#running = { kind, child, ended };
    const start = performance.now();
    for (;;) {
      const answer = await fetch(`http://localhost:${this.#port}/health/ready`).catch(
        () => undefined,
      );
      if (answer?.ok) break;
      if (child.exitCode !== null || performance.now() - start > START_LIMIT_MS) {
        throw new Error(`${text}\nis not ready:\n${output}`);
      }
      await delay(200);
    }
    // It has shown that it works; what follows in a document is sent to a server.
    if (worker) await this.stop();
  }

  /** Ends what goes on, with all that it started. */
  async stop() {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    if (running.child.exitCode !== null) return;
    process.kill(-running.child.pid, 'SIGTERM');
    await running.ended;
  }

  /** @returns {Promise<{ status: number, output: string }>} */
  #bash(text) {
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-o', 'pipefail', '-c', text], {
        cwd: this.#clone,
        env: this.#environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (piece) => {
          output = (output + piece).slice(-20_000);
        });
      }
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, output }));
    });
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
