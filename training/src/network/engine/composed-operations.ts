import type { CompoundOperations, Normalization } from './compound-operations.ts';
import * as kernels from './kernels.ts';
import { type Tensor, tensor } from './tensorflow.ts';

/** Out of TensorFlow's own operations, several passes over memory each. */
export const composedOperations: CompoundOperations = {
  normalize(x, normalization) {
    const { scale, epsilon, statistics, swish } = normalization;
    const { z, batch, saved } = batchNorm(x, normalization);
    const gate = swish ? kernels.sigmoid(z) : null;
    const y = gate ? kernels.multiply(z, gate) : z;
    if (gate) z.dispose();
    return {
      y,
      batch,
      needsOutput: swish,
      gradient(dy) {
        const dz = gate ? swishGradient(y, gate, dy) : dy;
        const gradients = kernels.batchNormGradient(dz, x, scale, saved, epsilon, !statistics);
        if (gate) dz.dispose();
        return gradients;
      },
      dispose() {
        gate?.dispose();
        if (!statistics) for (const each of saved) each.dispose();
      },
    };
  },

  spatialProducts(a, b) {
    const products = kernels.multiply(a, b);
    const sums = kernels.spatialSum(products);
    products.dispose();
    return sums;
  },

  scaleChannels(x, factor, offset) {
    const [batch = 0, , , channels = 0] = x.shape;
    const spread = kernels.reshape(factor, [batch, 1, 1, channels]);
    const scaled = kernels.multiply(x, spread);
    spread.dispose();
    if (!offset) return scaled;
    const added = kernels.reshape(offset, [batch, 1, 1, channels]);
    const sum = kernels.add(scaled, added);
    scaled.dispose();
    added.dispose();
    return sum;
  },

  depthwiseInputGradient: kernels.convolutionInputGradient,
  depthwiseKernelGradient: kernels.convolutionKernelGradient,
};

function batchNorm(x: Tensor, { scale, offset, epsilon, statistics }: Normalization) {
  if (statistics) {
    const { mean, variance } = statistics;
    const z = kernels.batchNormInference(x, scale, offset, mean, variance, epsilon);
    return { z, batch: null, saved: [mean, variance, mean] as const };
  }
  const empty = tensor(new Float32Array(0), [0]);
  const { y, mean, variance, saved } = kernels.batchNormTraining(x, scale, offset, epsilon, empty);
  empty.dispose();
  return { z: y, batch: { mean, variance }, saved };
}

/** dy · (gate + y − y · gate) where y = x · gate and gate = sigmoid(x): needs x no more. */
export function swishGradient(y: Tensor, gate: Tensor, dy: Tensor): Tensor {
  const gated = kernels.multiply(y, gate);
  const rest = kernels.subtract(y, gated);
  const slope = kernels.add(rest, gate);
  const dx = kernels.multiply(dy, slope);
  for (const each of [gated, rest, slope]) each.dispose();
  return dx;
}
