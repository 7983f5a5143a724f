import { expect, it, onTestFinished } from 'vitest';
import { WorkerThreads } from './worker-threads.ts';

interface Request {
  readonly value?: string;
  readonly delayMs?: number;
  readonly fails?: boolean;
  readonly exits?: boolean;
  readonly throws?: boolean;
}

async function threads(count: number): Promise<WorkerThreads<Request, string>> {
  const file = new URL('fixtures/echo-thread.mjs', import.meta.url);
  const started = await WorkerThreads.start<Request, string>(file, count, {});
  onTestFinished(() => started.stop());
  return started;
}

it('answers each request, several at once, those that wait in their order', async () => {
  const two = await threads(2);
  const order: string[] = [];
  const ask = async (value: string, delayMs: number) =>
    order.push(await two.run({ value, delayMs }));
  await Promise.all([ask('slow', 300), ask('a', 0), ask('b', 0), ask('c', 0)]);
  expect(order).toEqual(['a', 'b', 'c', 'slow']);
});

it('tells a failure and goes on', async () => {
  const one = await threads(1);
  await expect(one.run({ value: 'no such output', fails: true })).rejects.toThrow('no such output');
  expect(await one.run({ value: 'next' })).toBe('next');
});

it.each([
  ['ends without an error', { exits: true }, 'ended with code 0'],
  ['throws', { throws: true }, 'out of its mind'],
])('rejects what waits, and what comes later, where a thread %s', async (_, request, reason) => {
  const one = await threads(1);
  const answers = [one.run(request), one.run({ value: 'waits' })];
  for (const answer of answers) await expect(answer).rejects.toThrow(reason);
  await expect(one.run({ value: 'later' })).rejects.toThrow('run the command again');
});

it('rejects the start of a thread that ends before it is ready', async () => {
  const file = new URL('fixtures/echo-thread.mjs', import.meta.url);
  await expect(WorkerThreads.start(file, 2, { endsAtOnce: true })).rejects.toThrow(
    'echo-thread.mjs ended with code 3',
  );
});

it('answers what it was asked before it stops', async () => {
  const one = await threads(1);
  const answer = one.run({ value: 'asked', delayMs: 50 });
  one.stop();
  expect(await answer).toBe('asked');
});
