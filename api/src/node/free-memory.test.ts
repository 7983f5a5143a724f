import { expect, it } from 'vitest';
import { freeMemory } from './free-memory.ts';

it('frees memory without waiting for garbage to be collected', () => {
  const size = 64 << 20;
  const buffers = [new ArrayBuffer(size), new ArrayBuffer(size)];
  const before = process.memoryUsage().arrayBuffers;
  freeMemory(buffers);
  expect(buffers.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
  expect(before - process.memoryUsage().arrayBuffers).toBeGreaterThan(1.5 * size);
});
