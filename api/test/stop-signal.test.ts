import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { plain, RED } from './helpers/pictures.ts';
import { exchange } from './helpers/raw-http.ts';
import { runServer, type ServerProcess, startServer } from './helpers/server-process.ts';

/** Node options that have the process send itself a signal so long after it first listens to one. */
function signalItself(signal: string, milliseconds: number): string {
  const script = `process.on('newListener',(name)=>{if(name==='${signal}')setTimeout(()=>process.kill(process.pid,'${signal}'),${milliseconds})})`;
  return `--import=data:text/javascript,${script}`;
}

describe('a server that is told to stop while it starts', () => {
  it.each([0, 20, 60, 120, 250])('ends with 0, %i ms after its first line', async (after) => {
    const { code, signal, stderr } = await runServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NODE_OPTIONS: signalItself('SIGTERM', after),
    });
    expect([code, signal, stderr]).toEqual([0, null, '']);
  });

  it('is not ended by a SIGHUP then', async () => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: '/nonexistent',
      NODE_OPTIONS: signalItself('SIGHUP', 0),
    });
    // It got as far as to see that there is no model.
    expect(stderr).toMatch(/holds no model/);
    expect(code).toBe(1);
  });
});

describe('a second signal', () => {
  /** A server with two images under way, each of which takes its worker some seconds. */
  async function busyServer(): Promise<{ server: ServerProcess; answers: Promise<unknown>[] }> {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '2',
      NAEVUS_DRAIN_SECONDS: '60',
    });
    const slow = new Uint8Array(await plain(RED, 7000, 7000).png().toBuffer());
    const answers = [0, 1].map(() =>
      server.post('/predict', slow).then(
        ({ status }) => status,
        () => 'no answer',
      ),
    );
    await expect
      .poll(async () => (await fetch(`${server.url}/metrics`)).text(), {
        interval: 10,
        timeout: 15_000,
      })
      .toMatch(/^naevus_images_running 2$/m);
    return { server, answers };
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s that npm forwards is the first: what was accepted is answered',
    async (signal) => {
      const { server, answers } = await busyServer();
      const exited = once(server.process, 'exit');
      server.process.kill(signal);
      await delay(50);
      server.process.kill(signal);
      expect(await Promise.all(answers)).toEqual([200, 200]);
      expect(await exited).toEqual([0, null]);
    },
    60_000,
  );

  it('that is one ends the server at once, without an abort', async () => {
    const { server, answers } = await busyServer();
    // What a drain waits for, however fast the machine is.
    const head = 'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n';
    const unfinished = exchange(server.port, head).catch(() => 'cut');
    // Until it is connected: a server that drains takes no new connections.
    await delay(300);
    const exited = once(server.process, 'exit');
    server.process.kill('SIGTERM');
    await delay(1200);
    const start = performance.now();
    server.process.kill('SIGINT');
    expect(await exited).toEqual([null, 'SIGINT']);
    expect(performance.now() - start).toBeLessThan(1000);
    await Promise.all([...answers, unfinished]);
  }, 60_000);
});
