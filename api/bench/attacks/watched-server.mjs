import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { quantile } from '../../../training/bench/statistics.mjs';
import { NAEVUS } from '../candidates.mjs';

const COLLECT = fileURLToPath(new URL('collect-on-signal.cjs', import.meta.url));
const SAMPLE_MS = 50;
const START_LIMIT_MS = 120_000;
const COLLECT_LIMIT_MS = 60_000;
const PAGE_BYTES = 4096;

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A server of this project whose memory, sockets and unanswered requests can be looked at from outside. Linux alone. */
export class WatchedServer {
  #child;
  /** The log without its requests. */
  lines = [];
  /** For what asks about the server: one connection, that is there before and after. */
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /**
   * @param {{ env?: Record<string, string>, fullDisk?: boolean }} [options] variables; whether its log goes onto a disk
   *   that is full from when it is ready on
   */
  static async start({ env = {}, fullDisk = false } = {}) {
    const port = env.PORT ?? '0';
    const child = spawn(process.execPath, ['--expose-gc', '--require', COLLECT, ...NAEVUS.args()], {
      env: {
        PATH: process.env.PATH,
        ...NAEVUS.env(0),
        PORT: port,
        NAEVUS_METRICS: 'open',
        ...env,
      },
      stdio: ['ignore', fullDisk ? openSync('/dev/full', 'w') : 'pipe', 'pipe', 'ipc'],
      // A group of its own: a signal from a terminal is not for it.
      detached: true,
    });
    running.add(child);
    const server = new WatchedServer(child);
    child.once('exit', () => running.delete(child));
    await (fullDisk ? server.#answers(Number(port)) : server.#ready());
    return server;
  }

  constructor(child) {
    this.#child = child;
    this.errors = '';
    child.stderr.on('data', (text) => {
      this.errors = (this.errors + text).slice(-2000);
    });
    /** Exit status and signal, once it has ended. */
    this.ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  get pid() {
    return this.#child.pid;
  }

  async #ready() {
    const ready = new Promise((resolve) => {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const entry = JSON.parse(line);
        if (entry.msg === 'request') return;
        this.lines.push(entry);
        if (entry.msg === 'listening') this.port = Number(new URL(entry.url).port);
        if (entry.msg === 'ready') resolve();
      });
    });
    await Promise.race([ready, this.#endedEarly(), tooLate(START_LIMIT_MS, 'ready')]);
  }

  /** Without a log there is nothing to read: asked until it is ready. */
  async #answers(port) {
    this.port = port;
    const asked = (async () => {
      while ((await this.#ask('/health/ready').catch(() => undefined))?.status !== 200) {
        await delay(50);
      }
    })();
    await Promise.race([asked, this.#endedEarly(), tooLate(START_LIMIT_MS, 'ready')]);
  }

  async #endedEarly() {
    const { code, signal } = await this.ended;
    throw new Error(`the server ended with ${code ?? signal}: ${this.errors}`);
  }

  /** Resident memory in bytes, now. */
  residentBytes() {
    const [, pages] = readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ');
    return Number(pages) * PAGE_BYTES;
  }

  /** Open files and sockets. Pipes and what else threads need come with a thread, of which some start late. */
  openFiles() {
    const folder = `/proc/${this.pid}/fd`;
    return readdirSync(folder).filter((name) => {
      try {
        return /^(\/|socket:)/.test(readlinkSync(`${folder}/${name}`));
      } catch {
        return false;
      }
    }).length;
  }

  /** Resident memory in bytes once garbage was collected. */
  async collect() {
    const collected = once(this.#child, 'message');
    this.signal('SIGUSR2');
    await Promise.race([collected, tooLate(COLLECT_LIMIT_MS, 'done with collecting garbage')]);
    return this.residentBytes();
  }

  /** What the server says of itself: connections, requests and bodies without the one that asks. */
  async figures() {
    const { text } = await this.#ask('/metrics');
    const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    return {
      connections: value('naevus_connections'),
      unanswered: value('naevus_requests_unanswered') - 1,
      bodyBytes: value('naevus_body_bytes'),
      queued: value('naevus_queue_depth'),
      running: value('naevus_images_running'),
      logLinesLost: value('naevus_log_lines_lost_total'),
    };
  }

  #ask(path) {
    return new Promise((resolve, reject) => {
      const asked = get(
        { host: '127.0.0.1', port: this.port, path, agent: this.#agent },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece) => {
            text += piece;
          });
          response.once('end', () => resolve({ status: response.statusCode, text }));
          response.once('error', reject);
        },
      );
      asked.once('error', reject);
    });
  }

  /**
   * Watches memory and the live probe while something is done to the server.
   *
   * @param {() => Promise<T>} work
   * @returns its result, the most resident memory, and the probe's waits
   * @template T
   */
  async watch(work) {
    let working = true;
    let peakBytes = 0;
    const probe = new Worker(new URL('probe-thread.mjs', import.meta.url), {
      workerData: { port: this.port, pauseMs: SAMPLE_MS },
    });
    const probed = once(probe, 'message');
    // Looked at below: what the work says comes first.
    probed.catch(() => {});
    await once(probe, 'online');
    const sampling = (async () => {
      while (working && this.#child.exitCode === null) {
        peakBytes = Math.max(peakBytes, this.residentBytes());
        await delay(SAMPLE_MS);
      }
    })();
    try {
      const result = await work();
      probe.postMessage('enough');
      const [waits] = await probed;
      return { result, peakBytes, waits, liveP99Ms: quantile(waits, 0.99) };
    } finally {
      working = false;
      await probe.terminate();
      await sampling;
    }
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** SIGTERM while nothing is asked: its exit status, and how long it took. */
  async stop() {
    this.#agent.destroy();
    const start = performance.now();
    this.signal('SIGTERM');
    const { code, signal } = await this.ended;
    return { code, signal, ms: performance.now() - start };
  }

  kill() {
    this.#agent.destroy();
    this.signal('SIGKILL');
    return this.ended;
  }
}

async function tooLate(ms, what) {
  await delay(ms, undefined, { ref: false });
  throw new Error(`the server was not ${what} within ${ms / 1000} s`);
}
