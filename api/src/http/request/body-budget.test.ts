import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../answers/problem-error.ts';
import type { BodyLease } from '../context/body-memory.ts';
import { BodyBudget } from './body-budget.ts';

const MB = 1 << 20;

const never = new AbortController().signal;

const budget = (waitSeconds: number) =>
  new BodyBudget({ bytes: 16 * MB, largeBytes: 12 * MB, waitSeconds });

/** What became of a reservation so far. */
async function state(lease: Promise<BodyLease>): Promise<string> {
  return Promise.race([
    lease.then(
      () => 'has room',
      (error: ProblemError) => error.kind,
    ),
    delay(20).then(() => 'waits'),
  ]);
}

describe('the memory for bodies', () => {
  it('is bounded, and large bodies leave some of it to small ones', async () => {
    const bodies = budget(0);
    await bodies.reserve(6 * MB, never);
    await bodies.reserve(6 * MB, never);
    await expect(bodies.reserve(2 * MB, never)).rejects.toMatchObject({
      kind: 'busy',
      headers: { 'Retry-After': '1' },
    });
    for (let i = 0; i < 4; i++) await bodies.reserve(MB, never);
    await expect(bodies.reserve(MB, never)).rejects.toMatchObject({ kind: 'busy' });
    expect(bodies.held).toBe(16 * MB);
  });

  it('takes one large body whatever the limits', async () => {
    const bodies = budget(0);
    const lease = await bodies.reserve(100 * MB, never);
    await expect(bodies.reserve(2 * MB, never)).rejects.toMatchObject({ kind: 'busy' });
    lease.release();
    await bodies.reserve(2 * MB, never);
  });

  it('is given back once', async () => {
    const bodies = budget(0);
    const lease = await bodies.reserve(8 * MB, never);
    lease.release();
    lease.release();
    expect(bodies.held).toBe(0);
  });

  it('counts a body whose length is not told as it comes', async () => {
    const bodies = budget(0);
    await bodies.reserve(10 * MB, never);
    const lease = await bodies.reserve(undefined, never);
    lease.receive(MB);
    expect(bodies.held).toBe(11 * MB);
    expect(() => lease.receive(2 * MB)).toThrow(ProblemError);
    lease.release();
    expect(bodies.held).toBe(10 * MB);
  });

  it('is waited for in order, but small bodies pass large ones', async () => {
    const bodies = budget(10);
    const first = await bodies.reserve(12 * MB, never);
    const large = bodies.reserve(4 * MB, never);
    const larger = bodies.reserve(9 * MB, never);
    const small = bodies.reserve(MB, never);
    expect(await Promise.all([large, larger, small].map(state))).toEqual([
      'waits',
      'waits',
      'has room',
    ]);
    first.release();
    expect(await Promise.all([large, larger].map(state))).toEqual(['has room', 'waits']);
    (await large).release();
    expect(await state(larger)).toBe('has room');
    expect(bodies.held).toBe(10 * MB);
  });

  it('is waited for no longer than is set, nor by a client that has gone', async () => {
    const bodies = budget(0.05);
    const lease = await bodies.reserve(12 * MB, never);
    await expect(bodies.reserve(2 * MB, never)).rejects.toMatchObject({ kind: 'busy' });
    const client = new AbortController();
    const waiting = bodies.reserve(2 * MB, client.signal);
    client.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'busy' });
    lease.release();
    expect(bodies.held).toBe(0);
  });

  it('is taken from a body that stalls while others wait, and not from one that is whole', async () => {
    const bodies = budget(20);
    const whole = await bodies.reserve(2 * MB, never);
    whole.receive(2 * MB);
    whole.complete();
    const stalled = await bodies.reserve(10 * MB, never);
    stalled.receive(1000);
    await delay(2100);
    const waiting = bodies.reserve(5 * MB, never);
    await expect(stalled.evicted).rejects.toMatchObject({ kind: 'request-timeout' });
    expect(await state(waiting)).toBe('waits');
    stalled.release();
    expect(await state(waiting)).toBe('has room');
    expect(bodies.held).toBe(7 * MB);
  });
});
