import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const NODE_ENTRY = fileURLToPath(new URL('../../dist/node.js', import.meta.url));

type Variables = Readonly<Record<string, string>>;

export type RequestBody = string | Uint8Array<ArrayBuffer> | FormData;

/** The bundled server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Lines of the log so far. */
  readonly log: readonly Record<string, unknown>[];
  post(path: string, body: RequestBody, headers?: Record<string, string>): Promise<Response>;
  postJson(path: string, value: unknown): Promise<Response>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

/** What a run that ended by itself left. */
export interface FinishedProcess {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function launch(variables: Variables, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/**
 * Starts the server on a free port and waits until it is ready.
 *
 * @param args of node: the built server by default
 */
export async function startServer(
  variables: Variables,
  args: readonly string[] = [NODE_ENTRY],
): Promise<ServerProcess> {
  const child = launch({ PORT: '0', ...variables }, args);
  const log: Record<string, unknown>[] = [];
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const port = await new Promise<number>((resolve, reject) => {
    let listening = 0;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (entry.msg === 'listening') listening = Number(new URL(entry.url as string).port);
      if (entry.msg === 'ready') resolve(listening);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${stderr}`)));
  });
  const url = `http://127.0.0.1:${port}`;
  const post: ServerProcess['post'] = (path, body, headers = {}) =>
    fetch(url + path, { method: 'POST', body, headers });
  return {
    url,
    port,
    post,
    postJson: (path, value) =>
      post(path, JSON.stringify(value), { 'Content-Type': 'application/json' }),
    process: child,
    log,
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      return (await exited)[0] as number | null;
    },
  };
}

/** Runs the server where it is expected to end by itself. */
export async function runServer(
  variables: Variables,
  args: readonly string[] = [],
): Promise<FinishedProcess> {
  const child = launch({ PORT: '0', ...variables }, [NODE_ENTRY, ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
