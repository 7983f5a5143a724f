import { expect, it } from 'vitest';
import { storedAsFloat16, toFloat16Bits } from './float16.ts';

/** The value of a half by the standard's definition. */
function fromBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const bits = (value: number) => toFloat16Bits(Float32Array.of(value))[0]!;

it('returns every half that there is', () => {
  for (let half = 0; half < 0x10000; half++) {
    const value = fromBits(half);
    if (Number.isNaN(value)) expect(fromBits(bits(value))).toBeNaN();
    else expect(bits(value)).toBe(half);
  }
});

it('rounds to the nearest half, ties to even', () => {
  for (let half = 0; half < 0x7bff; half++) {
    const [low, high] = [fromBits(half), fromBits(half + 1)];
    const middle = (low + high) / 2;
    expect(bits(middle)).toBe(half % 2 === 0 ? half : half + 1);
    expect(bits(middle - (high - low) / 64)).toBe(half);
    expect(bits(middle + (high - low) / 64)).toBe(half + 1);
  }
});

it('goes to infinity where the halves end', () => {
  expect([65519, 65520, -1e6, 3e38].map(bits)).toEqual([0x7bff, 0x7c00, 0xfc00, 0x7c00]);
});

it('keeps small tensors, and those a half cannot hold, in single precision', () => {
  const large = new Float32Array(5000).fill(1);
  expect(storedAsFloat16(large, 'float16')).toBe(true);
  expect(storedAsFloat16(large, 'float32')).toBe(false);
  expect(storedAsFloat16(large.slice(0, 7), 'float16')).toBe(false);
  expect(storedAsFloat16(large.with(3, -70_000), 'float16')).toBe(false);
  expect(storedAsFloat16(large.with(3, Number.NaN), 'float16')).toBe(false);
});
