import { describe, expect, it } from 'vitest';
import { fillPlanar } from './planar.ts';
import { INPUT_SIZE } from './preprocessing-spec.ts';

const PLANE = INPUT_SIZE * INPUT_SIZE;
const rgb = Uint8Array.from({ length: PLANE * 3 }, (_, i) => (i * 31 + (i >> 8)) & 255);

describe('fillPlanar', () => {
  it('puts every value at [channel, y, x]', () => {
    const out = new Float32Array(PLANE * 3).fill(-1);
    fillPlanar(rgb, out);
    const misplaced = out.findIndex((value, i) => {
      const channel = Math.floor(i / PLANE);
      return value !== rgb[(i % PLANE) * 3 + channel];
    });
    expect(misplaced).toBe(-1);
  });

  it('writes one image of a batch and nothing beside it', () => {
    const out = new Float32Array(PLANE * 9).fill(-1);
    fillPlanar(rgb, out, PLANE * 3);
    const alone = new Float32Array(PLANE * 3);
    fillPlanar(rgb, alone);
    expect(Buffer.compare(bytes(out.subarray(PLANE * 3, PLANE * 6)), bytes(alone))).toBe(0);
    expect(out.subarray(0, PLANE * 3).every((value) => value === -1)).toBe(true);
    expect(out.subarray(PLANE * 6).every((value) => value === -1)).toBe(true);
  });

  it('reads a view that begins anywhere in its buffer', () => {
    const larger = new Uint8Array(rgb.length + 1);
    larger.set(rgb, 1);
    const [out, alone] = [new Float32Array(PLANE * 3), new Float32Array(PLANE * 3)];
    fillPlanar(larger.subarray(1), out);
    fillPlanar(rgb, alone);
    expect(Buffer.compare(bytes(out), bytes(alone))).toBe(0);
  });

  it.each([
    [new Uint8Array(12), new Float32Array(PLANE * 3), 0, /rgb must have 150528 bytes, not 12/],
    [rgb, new Float32Array(PLANE * 3 - 1), 0, /do not fit in 150527/],
    [rgb, new Float32Array(PLANE * 3), 1, /from 1 on do not fit/],
    [rgb, new Float32Array(PLANE * 4), -1, /from -1 on/],
    [rgb, new Float32Array(PLANE * 4), 0.5, /from 0.5 on/],
  ])('refuses what does not fit: %#', (source, out, offset, message) => {
    expect(() => fillPlanar(source, out, offset)).toThrow(RangeError);
    expect(() => fillPlanar(source, out, offset)).toThrow(message);
  });
});

function bytes(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
