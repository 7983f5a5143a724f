import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../../training/setup/run-command.mjs';

const START_LIMIT_MS = 180_000;
const ASK_AGAIN_MS = 10;
/** A server is idle when it took at most so much time of the cores in a spell. */
const IDLE_MS = 10;
const IDLE_SPELL_MS = 200;
const IDLE_LIMIT_MS = 20_000;

const running = new Set();
process.once('exit', () => {
  for (const server of running) server.kill();
});

/** A server under test, as a process of its own. */
export class Server {
  /**
   * Starts it and waits for its first answer.
   *
   * @param {{ command: string, args: (port: number) => string[], env?: (port: number) => object, cwd?: string }} candidate
   * @param {Uint8Array} photo
   */
  static async start({ command, args, env, cwd }, photo) {
    const port = await freePort();
    const begun = performance.now();
    const child = spawn(command, args(port), {
      cwd,
      env: { ...process.env, ...env?.(port) },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own, so that its workers end with it.
      detached: true,
    });
    let complaints = '';
    child.stderr.on('data', (chunk) => {
      complaints = (complaints + chunk).slice(-2000);
    });
    const server = new Server(child, port);
    for (;;) {
      const answer = await server.post('/predict', photo).catch(() => undefined);
      if (answer?.status === 200) break;
      const late = performance.now() - begun > START_LIMIT_MS;
      if (late || child.exitCode !== null) {
        server.kill();
        throw new Error(`${command} gave no answer:\n${complaints}`);
      }
      await delay(ASK_AGAIN_MS);
    }
    server.firstAnswerMs = performance.now() - begun;
    return server;
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
    this.ended = once(child, 'exit');
    running.add(this);
  }

  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  post(path, photo) {
    const headers = { 'Content-Type': 'image/jpeg', Accept: 'application/json' };
    return fetch(this.url(path), { method: 'POST', body: photo, headers });
  }

  async family() {
    const { output } = await runCommand('ps', ['-A', '-o', 'pid=,ppid=,rss='], { limitMs: 10_000 });
    return familyOf(output, this.child.pid);
  }

  /** What the process and its descendants have taken so far. */
  async usage() {
    const { pids, residentBytes } = await this.family();
    const times = pids.map(cpuMs);
    return { residentBytes, cpuMs: times.includes(undefined) ? undefined : sum(times) };
  }

  /**
   * Waits until it does nothing more: what clients that hung up had asked for would slow whoever is driven next
   * (a Keras server computes four heat maps to their end, for seconds).
   *
   * @returns how many spells it took, or undefined where it is still at work at the end of the limit
   */
  async idle() {
    const { pids } = await this.family();
    const taken = () => sum(pids.map((pid) => cpuMs(pid) ?? 0));
    const spells = IDLE_LIMIT_MS / IDLE_SPELL_MS;
    for (let spell = 1; spell <= spells; spell++) {
      const before = taken();
      await delay(IDLE_SPELL_MS);
      // On a machine with more to do than it can, one that works may get no time in a whole spell, but wants some.
      if (taken() - before <= IDLE_MS && !pids.some(wantsToRun)) return spell;
    }
    return undefined;
  }

  kill() {
    running.delete(this);
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }

  async stop() {
    this.kill();
    await this.ended;
  }
}

/**
 * A process and all below it.
 *
 * @param {string} table lines of pid, parent's pid and resident kilobytes
 */
export function familyOf(table, root) {
  const processes = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([root]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const [pid, parent] of processes) if (family.has(parent)) family.add(pid);
  }
  const members = processes.filter(([pid]) => family.has(pid));
  return {
    pids: members.map(([pid]) => pid),
    residentBytes: sum(members.map(([, , kilobytes]) => kilobytes * 1024)),
  };
}

/** User and system time of a process so far, in ticks of 10 ms; undefined where there is no /proc. */
function cpuMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return undefined;
  }
}

/** Whether a thread of a process runs, or waits for a core. */
function wantsToRun(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return stat.split(') ').at(-1).startsWith('R');
    });
  } catch {
    return false;
  }
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** A port of the loopback that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
