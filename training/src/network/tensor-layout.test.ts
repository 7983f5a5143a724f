import { expect, it } from 'vitest';
import type { ParameterSpec } from './parameters.ts';
import { tensorflowShape, toPytorchLayout, toTensorflowLayout } from './tensor-layout.ts';

const counted = (size: number) => Float32Array.from({ length: size }, (_, i) => i);

it('takes a convolution from [out, in, y, x] to [y, x, in, out] and back', () => {
  const [outputs, inputs, height, width] = [2, 3, 4, 5] as const;
  const spec = { kind: 'convolution', shape: [outputs, inputs, height, width] } as const;
  const values = counted(120);
  const moved = toTensorflowLayout(values, spec);
  expect(tensorflowShape(spec)).toEqual([height, width, inputs, outputs]);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = ((o * inputs + i) * height + y) * width + x;
          const to = ((y * width + x) * inputs + i) * outputs + o;
          expect(moved[to]).toBe(values[from]);
        }
      }
    }
  }
  expect(toPytorchLayout(moved, spec)).toEqual(values);
});

it.each<[ParameterSpec['kind'], number[], number[]]>([
  ['depthwise', [6, 1, 3, 3], [3, 3, 6, 1]],
  ['dense', [7, 10], [10, 7]],
  ['scale', [9], [9]],
])('takes a %s of %j to %j and back', (kind, shape, moved) => {
  const values = counted(shape.reduce((a, b) => a * b));
  expect(tensorflowShape({ kind, shape })).toEqual(moved);
  expect(toPytorchLayout(toTensorflowLayout(values, { kind, shape }), { kind, shape })).toEqual(
    values,
  );
});

it('takes a dense layer from [out, in] to [in, out]', () => {
  expect([...toTensorflowLayout(counted(6), { kind: 'dense', shape: [2, 3] })]).toEqual([
    0, 3, 1, 4, 2, 5,
  ]);
});
