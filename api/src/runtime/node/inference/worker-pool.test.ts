import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BroadcastChannel, Worker } from 'node:worker_threads';
import type { ImageHeader } from '@naevus/shared/image/header/image-header';
import { afterEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../../analysis/engine.ts';
import type { AnalyseTask, WorkerModel } from './worker-messages.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

/**
 * A worker that obeys the first byte of the image: 0 answers, 1 after 50 ms, 2 never, 3 dies,
 * and tells by `loads` in shared memory how many load at once.
 */
const SCRIPT = `
  const { BroadcastChannel, parentPort, workerData } = require('node:worker_threads');
  const loads = new Int32Array(workerData.loads);
  const sent = new BroadcastChannel(workerData.channel);
  sent.unref();
  parentPort.on('message', async (message) => {
    if (message.type === 'stop') return parentPort.close();
    if (message.type !== 'analyse') {
      const { path } = message.graph ?? {};
      sent.postMessage(message.type + (message.share ? ' share' : path ? ' ' + path : ''));
    }
    if (message.type === 'load') {
      const now = Atomics.add(loads, 0, 1) + 1;
      if (now > Atomics.load(loads, 1)) Atomics.store(loads, 1, now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      Atomics.sub(loads, 0, 1);
      if (Atomics.load(loads, 2) >= Atomics.load(loads, 4)) return;
      if (Atomics.add(loads, 2, 1) >= Atomics.load(loads, 3)) {
        return parentPort.postMessage({ type: 'load-failed', reason: 'no such file' });
      }
      if (!message.share) return parentPort.postMessage({ type: 'loaded' });
      const graph = { path: 'graph-' + Atomics.load(loads, 2), sha256: '' };
      const shared = workerData.shares ? { graph } : { notShared: 'a full disk' };
      return parentPort.postMessage({ type: 'loaded', ...shared });
    }
    if (message.type === 'widen') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const reason = workerData.widens ? undefined : 'no memory';
      return parentPort.postMessage({ type: 'widened', reason });
    }
    const [order, tag] = message.image.bytes;
    if (order === 3) process.exit(7);
    if (order === 2) return;
    if (order === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    parentPort.postMessage({ type: 'done', outcome: { ok: true, analysis: { tag } } });
  });
`;

interface Setup extends Partial<WorkerPoolOptions> {
  /** How many loads succeed before they fail. */
  readonly goodLoads?: number;
  /** How many loads succeed before there is no word of them. */
  readonly silentLoads?: number;
  /** Whether a session of several threads can be made. */
  readonly widens?: boolean;
  /** Whether a graph can be shared. */
  readonly shares?: boolean;
}

const pools: WorkerPool[] = [];

afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function makePool(setup: Setup = {}) {
  const { goodLoads = 1e6, silentLoads = 1e6, widens = true, shares = true, ...options } = setup;
  const loads = new SharedArrayBuffer(20);
  const counters = new Int32Array(loads);
  counters[3] = goodLoads;
  counters[4] = silentLoads;
  const lost: string[] = [];
  const notWide: string[] = [];
  const notShared: string[] = [];
  const channel = randomUUID();
  const sent: string[] = [];
  const received = new BroadcastChannel(channel);
  received.onmessage = (event) => sent.push((event as { data: string }).data);
  received.unref();
  const pool = new WorkerPool({
    size: 2,
    wideThreads: 1,
    spawn: () => new Worker(SCRIPT, { eval: true, workerData: { loads, widens, shares, channel } }),
    load: { type: 'load', model: {} as WorkerModel, maxPixels: 1, engine: 'auto' },
    maxTaskMs: 10_000,
    onWorkerLost: (reason) => lost.push(reason),
    onNotWide: (reason) => notWide.push(reason),
    onNotShared: (reason) => notShared.push(reason),
    ...options,
  });
  pools.push(pool);
  return {
    pool,
    lost,
    notWide,
    notShared,
    /** What workers were told to load. */
    sent,
    mostLoadsAtOnce: () => counters[1],
    loadsSoFar: () => counters[2]!,
  };
}

function task(order: number, tag = 0): AnalyseTask {
  return {
    image: { bytes: new Uint8Array([order, tag]), header: {} as ImageHeader },
    options: {},
  };
}

const forever = (): AbortSignal => new AbortController().signal;

describe('WorkerPool', () => {
  it('answers each task with its own outcome', async () => {
    const { pool } = makePool();
    await pool.start();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => pool.run(task(i % 2, i), forever())),
    );
    outcomes.forEach((outcome, i) => {
      expect(outcome).toEqual({ ok: true, analysis: { tag: i } });
    });
    expect([pool.waiting, pool.running]).toEqual([0, 0]);
  });

  it('keeps what comes before the first worker is ready', async () => {
    const { pool } = makePool();
    const early = pool.run(task(0, 5), forever());
    expect(pool.waiting).toBe(1);
    await pool.start();
    expect(await early).toEqual({ ok: true, analysis: { tag: 5 } });
  });

  it('loads one session after another', async () => {
    const { pool, mostLoadsAtOnce, loadsSoFar } = makePool({ size: 4 });
    await pool.start();
    await expect.poll(loadsSoFar).toBe(4);
    expect(mostLoadsAtOnce()).toBe(1);
  });

  it('fails to start with the reason of the worker', async () => {
    const { pool } = makePool({ goodLoads: 0 });
    await expect(pool.start()).rejects.toThrow('no such file');
  });

  it('drops a waiting task when its signal fires', async () => {
    const { pool } = makePool({ size: 1 });
    await pool.start();
    const running = pool.run(task(1, 1), forever());
    const controller = new AbortController();
    const waiting = pool.run(task(0, 2), controller.signal);
    expect([pool.running, pool.waiting]).toEqual([1, 1]);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ fault: { kind: 'timeout' } });
    expect(pool.waiting).toBe(0);
    expect(await running).toEqual({ ok: true, analysis: { tag: 1 } });
  });

  it('no longer waits for a running task when its signal fires, and lets it finish', async () => {
    const { pool, lost } = makePool({ size: 1 });
    await pool.start();
    const controller = new AbortController();
    const running = pool.run(task(1), controller.signal);
    controller.abort();
    await expect(running).rejects.toBeInstanceOf(EngineError);
    expect(pool.running).toBe(1);
    expect(await pool.run(task(0, 9), forever())).toEqual({ ok: true, analysis: { tag: 9 } });
    expect(lost).toEqual([]);
  });

  it('replaces a worker that dies; its task is interrupted, the others are not', async () => {
    const { pool, lost } = makePool({ size: 1 });
    await pool.start();
    const fatal = pool.run(task(3), forever());
    const next = pool.run(task(0, 4), forever());
    expect(await fatal).toMatchObject({ ok: false, failure: { kind: 'interrupted' } });
    expect(await next).toEqual({ ok: true, analysis: { tag: 4 } });
    expect(lost).toEqual([expect.stringContaining('code 7')]);
  });

  it('replaces a worker that hangs', async () => {
    const { pool, lost } = makePool({ size: 1, maxTaskMs: 60 });
    await pool.start();
    await expect(pool.run(task(2), forever())).rejects.toMatchObject({
      fault: { kind: 'timeout' },
    });
    expect(await pool.run(task(0, 8), forever())).toEqual({ ok: true, analysis: { tag: 8 } });
    expect(lost).toHaveLength(1);
  });

  it('is broken while no worker can be made, and says so to what waits', async () => {
    const { pool, lost } = makePool({ size: 1, goodLoads: 1 });
    await pool.start();
    expect(pool.broken).toBe(false);
    const fatal = pool.run(task(3), forever());
    const next = pool.run(task(0), forever());
    await fatal;
    await expect(next).rejects.toMatchObject({ fault: { kind: 'unavailable' } });
    expect(pool.broken).toBe(true);
    expect(lost).toContain('no such file');
  });

  it('does not let tasks wait for long for a worker that never comes', async () => {
    const { pool } = makePool({ size: 1, silentLoads: 1, recoveryMs: 100 });
    await pool.start();
    const fatal = pool.run(task(3), forever());
    const next = pool.run(task(0), forever());
    expect(await fatal).toMatchObject({ failure: { kind: 'interrupted' } });
    await expect(next).rejects.toMatchObject({ fault: { kind: 'unavailable' } });
    expect(pool.broken).toBe(true);
  });

  /** Which of tasks that come at once are computed on several threads. */
  async function takenAtOnce(pool: WorkerPool, orders: readonly number[]): Promise<boolean[]> {
    const taken: boolean[] = [];
    await Promise.all(
      orders.map((order) => pool.run(task(order), forever(), (w) => taken.push(w))),
    );
    return taken;
  }

  it('computes a task on several threads where nothing else is to be done', async () => {
    const { pool } = makePool({ wideThreads: 2 });
    await pool.start();
    await expect.poll(() => takenAtOnce(pool, [0])).toEqual([true]);
    expect(await takenAtOnce(pool, [1, 0, 0])).toEqual([true, false, false]);
    const first = pool.run(task(1), forever());
    expect(await takenAtOnce(pool, [0, 0])).toEqual([false, false]);
    await first;
    expect(await takenAtOnce(pool, [0])).toEqual([true]);
  });

  it('makes the session of several threads anew where its worker died', async () => {
    const { pool, lost } = makePool({ wideThreads: 2 });
    await pool.start();
    await expect.poll(() => takenAtOnce(pool, [0])).toEqual([true]);
    await pool.run(task(3), forever());
    expect(await takenAtOnce(pool, [0])).toEqual([false]);
    await expect.poll(() => takenAtOnce(pool, [0])).toEqual([true]);
    expect(lost).toHaveLength(1);
  });

  it('computes on one thread where no session of several can be made, and asks once', async () => {
    const { pool, notWide } = makePool({ wideThreads: 2, widens: false });
    await pool.start();
    await expect.poll(() => notWide).toEqual(['no memory']);
    expect(await takenAtOnce(pool, [0])).toEqual([false]);
    await delay(50);
    expect(notWide).toHaveLength(1);
  });

  it('has the second worker write the graph that later sessions map', async () => {
    const { pool, sent } = makePool({ size: 3, wideThreads: 2 });
    await pool.start();
    await expect.poll(() => sent).toHaveLength(4);
    expect(sent).toEqual(['load', 'load share', 'load graph-2', 'widen graph-2']);
  });

  it('has the graph written again where the worker died that wrote it', async () => {
    const { pool, sent, lost } = makePool({ size: 3 });
    await pool.start();
    await expect.poll(() => sent).toHaveLength(3);
    await Promise.all([1, 1, 1].map((order) => pool.run(task(order), forever())));
    const first = pool.run(task(1), forever());
    await pool.run(task(3), forever());
    await first;
    await expect.poll(() => sent).toHaveLength(4);
    expect([sent.at(-1), lost.length]).toEqual(['load share', 1]);
  });

  it('shares no graph between two sessions, nor where none can be written', async () => {
    const two = makePool({ size: 2 });
    const none = makePool({ size: 2, wideThreads: 2, shares: false });
    await Promise.all([two.pool.start(), none.pool.start()]);
    await expect.poll(() => none.sent).toEqual(['load', 'load share', 'widen']);
    expect(two.sent).toEqual(['load', 'load']);
    expect([two.notShared, none.notShared]).toEqual([[], ['a full disk']]);
  });

  it('refuses everything once it is closed', async () => {
    const { pool } = makePool({ size: 1 });
    await pool.start();
    const running = pool.run(task(2), forever());
    const waiting = pool.run(task(0), forever());
    await Promise.all([
      expect(running).rejects.toMatchObject({ fault: { kind: 'unavailable' } }),
      expect(waiting).rejects.toMatchObject({ fault: { kind: 'unavailable' } }),
      delay(1).then(() => pool.close()),
    ]);
    await expect(pool.run(task(0), forever())).rejects.toMatchObject({
      fault: { kind: 'unavailable' },
    });
  });
});
