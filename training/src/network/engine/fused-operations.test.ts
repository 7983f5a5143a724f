import { createRandom } from '@naevus/shared/statistics/random';
import { beforeEach, describe, expect, it } from 'vitest';
import { relativeError } from '../fixtures/relative-error.ts';
import { composedOperations } from './composed-operations.ts';
import type { CompoundOperations, Normalization } from './compound-operations.ts';
import { fusedOperations } from './fused-operations.ts';
import { cachedTensors, convolution } from './kernels.ts';
import { liveTensors, loadFusedKernels, type Tensor, tensor } from './tensorflow.ts';

const random = createRandom(3);

function randomTensor(shape: readonly number[], mean = 0): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tensor(
    Float32Array.from({ length: size }, () => mean + random.normal()),
    shape,
  );
}

/** Largest difference of each result, in shares of the largest value. */
function differences(
  compute: (operations: CompoundOperations) => Readonly<Record<string, Tensor>>,
): Record<string, number> {
  const [fused, composed] = [compute(fusedOperations), compute(composedOperations)];
  return Object.fromEntries(
    Object.entries(composed).map(([name, expected]) => {
      expect(fused[name]!.shape).toEqual(expected.shape);
      return [name, relativeError(fused[name]!.read(), expected.read())];
    }),
  );
}

function expectSmall(found: Readonly<Record<string, number>>): void {
  for (const [name, difference] of Object.entries(found)) {
    expect(difference, name).toBeLessThan(1e-5);
  }
}

describe('fused operations', () => {
  beforeEach(({ skip }) => {
    // npm run setup:training compiles them where there is a compiler, as there is where CI runs.
    if (!loadFusedKernels() && !process.env.CI) skip();
  });

  it('are there', () => {
    expect(loadFusedKernels()).toBe(true);
  });

  // Channels: fewer than a vector, several vectors, and neither; a single row.
  const shapes = [
    [3, 7, 5, 3],
    [2, 14, 14, 96],
    [2, 9, 11, 41],
    [4, 1, 1, 320],
    [2, 40, 40, 16],
  ];
  const modes = [true, false].flatMap((swish) =>
    [true, false].map((training) => ({ swish, training })),
  );
  it.each(shapes.flatMap((shape) => modes.map((mode) => ({ shape, ...mode }))))(
    'normalize $shape as TensorFlow does, swish $swish, by the batch $training',
    ({ shape, swish, training }) => {
      const channels = [shape.at(-1)!];
      const [x, dy] = [randomTensor(shape, 0.5), randomTensor(shape)];
      const normalization: Normalization = {
        scale: randomTensor(channels, 1),
        offset: randomTensor(channels),
        epsilon: 1e-3,
        statistics: training
          ? null
          : {
              mean: randomTensor(channels),
              variance: tensor(new Float32Array(channels[0]!).fill(0.7), channels),
            },
        swish,
      };
      expectSmall(
        differences((operations) => {
          const { y, batch, gradient } = operations.normalize(x, normalization);
          return { y, ...batch, ...gradient(dy) };
        }),
      );
    },
  );

  it('gate as TensorFlow does', () => {
    const [x, dy] = [randomTensor([3, 6, 5, 37]), randomTensor([3, 6, 5, 37])];
    const [factor, offset] = [randomTensor([3, 37]), randomTensor([3, 37])];
    expectSmall(
      differences((operations) => ({
        sums: operations.spatialProducts(x, dy),
        scaled: operations.scaleChannels(x, factor),
        moved: operations.scaleChannels(x, factor, offset),
      })),
    );
  });

  it.each([
    { kernel: 3, stride: 1, size: 9, channels: 96 },
    { kernel: 3, stride: 2, size: 10, channels: 17 },
    { kernel: 5, stride: 1, size: 7, channels: 40 },
    { kernel: 5, stride: 2, size: 7, channels: 16 },
    { kernel: 7, stride: 1, size: 8, channels: 5 },
  ])('go back through a depthwise convolution, $kernel by $stride', (one) => {
    const { kernel, stride, size, channels } = one;
    const geometry = { stride, padding: (kernel - 1) / 2, depthwise: true };
    const shape = [2, size, size + 1, channels];
    const kernelShape = [kernel, kernel, channels, 1];
    const [x, weights] = [randomTensor(shape), randomTensor(kernelShape)];
    const dy = randomTensor(convolution(x, weights, geometry).shape);
    expectSmall(
      differences((operations) => ({
        dx: operations.depthwiseInputGradient(shape, weights, dy, geometry),
        dKernel: operations.depthwiseKernelGradient(x, kernelShape, dy, geometry),
      })),
    );
  });

  it('refuse shapes that do not belong together', () => {
    const [x, other] = [randomTensor([2, 4, 4, 8]), randomTensor([2, 4, 4, 7])];
    expect(() => fusedOperations.spatialProducts(x, other)).toThrow('one shape');
    expect(() => fusedOperations.scaleChannels(x, randomTensor([2, 7]))).toThrow('each channel');
    const normalization = {
      scale: randomTensor([7]),
      offset: randomTensor([7]),
      epsilon: 1e-3,
      statistics: null,
      swish: true,
    };
    expect(() => fusedOperations.normalize(x, normalization)).toThrow('do not fit');
    const geometry = { stride: 1, padding: 1, depthwise: true };
    expect(() => fusedOperations.depthwiseKernelGradient(x, [3, 3, 7, 1], other, geometry)).toThrow(
      'not the shapes',
    );
  });

  it('keep no tensor', () => {
    const x = randomTensor([2, 4, 4, 8]);
    const [scale, offset] = [randomTensor([8]), randomTensor([8])];
    const factor = randomTensor([2, 8]);
    // Shapes are kept for the process.
    const live = () => liveTensors() - cachedTensors();
    const before = live();
    for (const operations of [fusedOperations, composedOperations]) {
      const options = { scale, offset, epsilon: 1e-3, statistics: null, swish: true };
      const normalized = operations.normalize(x, options);
      for (const each of Object.values(normalized.gradient(x))) each.dispose();
      for (const each of Object.values(normalized.batch!)) each.dispose();
      normalized.y.dispose();
      normalized.dispose();
      operations.scaleChannels(x, factor).dispose();
    }
    expect(live()).toBe(before);
  });
});
