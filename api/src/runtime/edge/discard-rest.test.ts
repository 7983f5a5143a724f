import { describe, expect, it } from 'vitest';
import { discardRest } from './discard-rest.ts';

const MEBIBYTE = new Uint8Array(1 << 20);

/** A body of so many mebibytes, and how many of them were taken. */
function bodyOf(mebibytes: number) {
  const taken = { count: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.count === mebibytes) return controller.close();
        taken.count++;
        controller.enqueue(MEBIBYTE);
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}

describe('the rest of a body that was refused', () => {
  it('is read to its end', async () => {
    const { body, taken } = bodyOf(11);
    const reader = body.getReader();
    await reader.read();
    reader.releaseLock();
    await discardRest(body);
    expect(taken.count).toBe(11);
  });

  it('is read no further than to a limit', async () => {
    const { body, taken } = bodyOf(Number.POSITIVE_INFINITY);
    await discardRest(body);
    expect(taken.count).toBe(20);
  });

  it('is nothing where there is no body, where somebody reads it, or where the client has gone', async () => {
    await discardRest(null);
    const { body, taken } = bodyOf(1);
    body.getReader();
    await discardRest(body);
    expect(taken.count).toBe(0);
    const broken = new ReadableStream<Uint8Array>({
      pull: () => Promise.reject(new Error('reset')),
    });
    await discardRest(broken);
  });
});
