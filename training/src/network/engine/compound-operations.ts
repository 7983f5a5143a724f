import type { ConvolutionGeometry } from './kernels.ts';
import type { Tensor } from './tensorflow.ts';

/** A normalized tensor, and how to go back. */
export interface Normalized {
  readonly y: Tensor;
  /** What it was normalized by, where that is the batch's own: mean, and variance with Bessel's correction. */
  readonly batch: { readonly mean: Tensor; readonly variance: Tensor } | null;
  /** Whether `gradient` reads `y`. */
  readonly needsOutput: boolean;
  /** Gradients with regard to input, scale and offset; the input must still be there. */
  gradient(dy: Tensor): NormalizationGradients;
  /** Frees what `gradient` needs; `y` and the batch's statistics are the caller's. */
  dispose(): void;
}

export interface NormalizationGradients {
  readonly dx: Tensor;
  readonly dScale: Tensor;
  readonly dOffset: Tensor;
}

export interface Normalization {
  readonly scale: Tensor;
  readonly offset: Tensor;
  readonly epsilon: number;
  /** null: the batch's own (Ioffe, Szegedy 2015). */
  readonly statistics: { readonly mean: Tensor; readonly variance: Tensor } | null;
  /** Whether x · sigmoid(x) follows (Ramachandran et al. 2017). */
  readonly swish: boolean;
}

/**
 * What training does with whole activations beside convolutions: memory is what it waits for, so each is best one pass.
 * float32, channels last; returns new tensors and disposes none of its inputs.
 */
export interface CompoundOperations {
  normalize(x: Tensor, normalization: Normalization): Normalized;
  /** [N, y, x, C] times [N, y, x, C], summed over y and x: [N, C]. */
  spatialProducts(a: Tensor, b: Tensor): Tensor;
  /** Each channel of each image times its factor, plus its offset: both [N, C]. */
  scaleChannels(x: Tensor, factor: Tensor, offset?: Tensor): Tensor;
  depthwiseInputGradient(
    inputShape: readonly number[],
    kernel: Tensor,
    dy: Tensor,
    geometry: ConvolutionGeometry,
  ): Tensor;
  depthwiseKernelGradient(
    x: Tensor,
    kernelShape: readonly number[],
    dy: Tensor,
    geometry: ConvolutionGeometry,
  ): Tensor;
}
