import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../../training/setup/run-command.mjs';

const START_LIMIT_MS = 180_000;
const ASK_AGAIN_MS = 10;

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
    process.once('exit', () => this.kill());
  }

  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  post(path, photo) {
    const headers = { 'Content-Type': 'image/jpeg', Accept: 'application/json' };
    return fetch(this.url(path), { method: 'POST', body: photo, headers });
  }

  /** Resident memory of the process and its descendants, in bytes. */
  async residentBytes() {
    const { output } = await runCommand('ps', ['-A', '-o', 'pid=,ppid=,rss='], { limitMs: 10_000 });
    return descendantsResidentBytes(output, this.child.pid);
  }

  kill() {
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
 * Sums the resident memory of a process and all below it.
 *
 * @param {string} table lines of pid, parent's pid and kilobytes
 */
export function descendantsResidentBytes(table, root) {
  const processes = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const family = new Set([root]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const [pid, parent] of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.reduce((sum, [pid, , kb]) => sum + (family.has(pid) ? kb * 1024 : 0), 0);
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
