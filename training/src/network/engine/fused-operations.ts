import type { CompoundOperations, Normalization } from './compound-operations.ts';
import { type ConvolutionGeometry, cached, vector } from './kernels.ts';
import { execute, type Tensor, tensor } from './tensorflow.ts';

/** One kernel of `training/native/fused_kernels.cc` each. */
export const fusedOperations: CompoundOperations = {
  normalize(x, normalization) {
    const { scale, offset, statistics } = normalization;
    const empty = tensor(new Float32Array(0), [0]);
    const given = [statistics?.mean ?? empty, statistics?.variance ?? empty];
    const attributes = normAttributes(normalization);
    const outputs = execute('NaevusNorm', attributes, [x, scale, offset, ...given], 4);
    const [y, mean, variance, inverse] = outputs as [Tensor, Tensor, Tensor, Tensor];
    empty.dispose();
    if (statistics) variance.dispose();
    // Read by the caller, who disposes them, and once more on the way back.
    const kept = statistics ? mean : copy(mean);
    return {
      y,
      batch: statistics ? null : { mean, variance },
      needsOutput: false,
      gradient(dy) {
        const inputs = [dy, x, scale, offset, kept, inverse];
        const gradients = execute('NaevusNormGrad', attributes, inputs, 3);
        const [dx, dScale, dOffset] = gradients as [Tensor, Tensor, Tensor];
        return { dx, dScale, dOffset };
      },
      dispose() {
        kept.dispose();
        inverse.dispose();
      },
    };
  },

  spatialProducts: (a, b) => only(execute('NaevusSpatialProducts', [], [a, b])),

  scaleChannels(x, factor, offset) {
    if (offset) return only(execute('NaevusScaleChannels', [], [x, factor, offset]));
    const zeros = tensor(new Float32Array(factor.shape.reduce((a, b) => a * b, 1)), factor.shape);
    const scaled = only(execute('NaevusScaleChannels', [], [x, factor, zeros]));
    zeros.dispose();
    return scaled;
  },

  depthwiseInputGradient(inputShape, kernel, dy, geometry) {
    const inputs = [vector(inputShape), kernel, dy];
    return only(execute('NaevusDepthwiseInputGrad', depthwiseAttributes(geometry), inputs));
  },

  depthwiseKernelGradient(x, kernelShape, dy, geometry) {
    const inputs = [x, vector(kernelShape), dy];
    return only(execute('NaevusDepthwiseKernelGrad', depthwiseAttributes(geometry), inputs));
  },
};

function normAttributes({ epsilon, statistics, swish }: Normalization) {
  const training = statistics === null;
  return cached(`fused norm ${epsilon} ${training} ${swish}`, () => ({
    epsilon: { float: epsilon },
    training: { bool: training },
    swish: { bool: swish },
  }));
}

function depthwiseAttributes({ stride, padding }: ConvolutionGeometry) {
  return cached(`fused depthwise ${stride} ${padding}`, () => ({
    stride: { int: stride },
    padding: { int: padding },
  }));
}

/** A second handle: the caller disposes of the first. */
function copy(value: Tensor): Tensor {
  return tensor(value.read(), value.shape);
}

function only(outputs: readonly Tensor[]): Tensor {
  const [output] = outputs;
  if (!output) throw new Error('the operation gave no output');
  return output;
}
