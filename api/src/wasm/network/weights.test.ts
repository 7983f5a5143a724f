import { expect, it } from 'vitest';
import { Weights } from './weights.ts';

it('reads halves and floats, wherever the shards are cut', () => {
  const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  // 1, -2, the least and the greatest, infinity, the least above 0.
  const halves = new Uint8Array(
    Uint16Array.of(0x3c00, 0xc000, 0x0400, 0x7bff, 0x7c00, 0x0001).buffer,
  );
  const all = new Uint8Array([...halves.subarray(0, 2), ...floats, ...halves.subarray(2)]);
  const half = { dtype: 'float32', quantization: { dtype: 'float16' } };
  const specs = [
    { name: 'one', shape: [], ...half },
    { name: 'floats', shape: [2], dtype: 'float32' },
    { name: 'others', shape: [5], ...half },
  ];
  for (let cut = 0; cut <= all.length; cut++) {
    const weights = new Weights(specs, [all.subarray(0, cut), all.subarray(cut)]);
    expect([...weights.read('one')]).toEqual([1]);
    expect([...weights.read('floats')]).toEqual([1.5, -2]);
    expect([...weights.read('others')]).toEqual([
      -2,
      2 ** -14,
      65504,
      Number.POSITIVE_INFINITY,
      2 ** -24,
    ]);
  }
});

it('says what is wrong with the weights', () => {
  const spec = { name: 'a', shape: [2], dtype: 'float32' };
  expect(() => new Weights([spec], [new Uint8Array(7)])).toThrow('8 bytes, their shards 7');
  expect(() => new Weights([{ ...spec, dtype: 'uint8' }], [new Uint8Array(2)])).toThrow('uint8');
  expect(() => new Weights([spec], [new Uint8Array(8)]).read('b')).toThrow('"b"');
});
