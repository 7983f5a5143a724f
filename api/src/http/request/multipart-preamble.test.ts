import { describe, expect, it } from 'vitest';
import { preambleLength } from './multipart-preamble.ts';

const length = (text: string) => preambleLength(new TextEncoder().encode(text), 'xyz');

describe('the preamble of a form', () => {
  it.each([
    ['--xyz\r\n', 0],
    ['\r\n--xyz\r\n', 2],
    ['This is a message\r\nof MIME.\r\n--xyz\r\n', 29],
    ['--xy\r\n--xyz\r\n', 6],
    ['--xyzabc\r\n--xyz\r\n', 10],
    ['a --xyz\r\n\r\n--xyz--', 11],
    ['\n--xyz\r\n', 0],
    ['nothing of it', 0],
    ['', 0],
  ])('of %j has %i bytes', (text, expected) => {
    expect(length(text)).toBe(expected);
  });

  it('of ten megabytes of dashes is read in no time', () => {
    const start = performance.now();
    expect(preambleLength(new Uint8Array(10_000_000).fill(0x2d), 'xyz')).toBe(0);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
