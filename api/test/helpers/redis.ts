import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A Redis to test with. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether this machine has the real one; a warning where it has not. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found) console.warn('SKIPPED: no redis-server in PATH; only a stand-in is tested');
  return found;
}

/** A real Redis on a port, with nothing in it. */
export async function startRedis(port: number): Promise<TestRedis> {
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  const child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      if (output.includes('Ready to accept connections')) resolve();
    });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * What a rate limit needs of Redis and no more: scripts count their one key, everything else is OK.
 * `silent` takes connections and never says a word.
 */
export async function startStandIn(mode: 'counting' | 'silent'): Promise<TestRedis> {
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      if (mode === 'silent') return;
      received += text;
      for (;;) {
        const command = takeCommand(received);
        if (command === undefined) return;
        received = command.rest;
        socket.write(answer(command.words, counts));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The first command of what has come (RESP2: an array of bulk strings), if it is whole. */
function takeCommand(text: string): { words: string[]; rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  let rest = text.slice(head[0].length);
  const words: string[] = [];
  while (words.length < Number(head[1])) {
    const length = /^\$(\d+)\r\n/.exec(rest);
    if (!length) return undefined;
    const end = length[0].length + Number(length[1]);
    if (rest.length < end + 2) return undefined;
    words.push(rest.slice(length[0].length, end));
    rest = rest.slice(end + 2);
  }
  return { words, rest };
}

function answer(words: string[], counts: Map<string, number>): string {
  // EVAL script 1 key points seconds …
  if (words[0]?.toUpperCase() !== 'EVAL') return '+OK\r\n';
  const [, , , key = '', points, seconds] = words;
  const count = (counts.get(key) ?? 0) + Number(points);
  counts.set(key, count);
  return `*2\r\n:${count}\r\n:${Number(seconds) * 1000}\r\n`;
}
