import type { Random } from '@naevus/shared/statistics/random';
import {
  BATCH_NORM_EPSILON,
  type ClassifierLayer,
  type ConvNormLayer,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type NetworkOps,
  type SqueezeExciteLayer,
} from './architecture.ts';
import { compoundOperations } from './engine/choose-operations.ts';
import { swishGradient } from './engine/composed-operations.ts';

import * as kernels from './engine/kernels.ts';
import { Activation, Tape } from './engine/tape.ts';
import { type Tensor, tensor } from './engine/tensorflow.ts';
import type { NetworkParameters } from './network-parameters.ts';

/** Receives the statistics of one batch of a normalization: mean, and variance with Bessel's correction. */
export type BatchStatisticsListener = (
  norm: string,
  mean: Float32Array,
  variance: Float32Array,
) => void;

export interface TrainingPass {
  readonly parameters: NetworkParameters;
  /** False for a pass that never goes back: nothing is recorded or kept. */
  readonly recordsGradients: boolean;
  /** Blocks that normalize with the batch's statistics; the others use their running ones. */
  readonly usesBatchStatistics: (block: string) => boolean;
  readonly onBatchStatistics: BatchStatisticsListener;
  /** Probability to drop the last residual branch; earlier ones linearly less (Huang et al. 2016). */
  readonly dropPathRate: number;
  /** Share of pooled features set to zero before the classifier (Srivastava et al. 2014). */
  readonly dropoutRate: number;
  readonly random: Random;
}

/**
 * Runs the network forward in TensorFlow and records how to go back. Gradients of parameters are read
 * out as soon as they exist, activations are freed as the way back consumes them.
 * Where neither input nor parameters of a layer are trainable nothing is recorded or kept.
 */
export class TrainingInterpreter implements NetworkOps<Activation> {
  readonly tape = new Tape();
  /** Gradient of each trainable parameter met on the way back, TensorFlow's layout. */
  readonly gradients = new Map<string, Float32Array>();
  private readonly pass: TrainingPass;
  private readonly operations = compoundOperations();
  private currentBlock = '';
  private scope: Activation[] = [];

  constructor(pass: TrainingPass) {
    this.pass = pass;
  }

  /** An input of the pass: pixel values or features, no gradient. */
  input(values: Float32Array, shape: readonly number[]): Activation {
    return this.own(tensor(values, shape), false);
  }

  /** Frees what the pass still holds, in particular after a pass that never went back. */
  dispose(): void {
    for (const activation of this.scope) activation.release();
    this.scope = [];
  }

  /** Goes back from an output whose gradient is given, row-major: fills {@link gradients}. */
  backward(output: Activation, gradient: Float32Array): void {
    output.addGradient(tensor(gradient, output.tensor.shape));
    this.tape.backward();
  }

  block(name: string, input: Activation, body: (input: Activation) => Activation): Activation {
    const [outerBlock, outerScope] = [this.currentBlock, this.scope];
    [this.currentBlock, this.scope] = [name, []];
    const output = body(input);
    const inner = this.scope;
    [this.currentBlock, this.scope] = [outerBlock, outerScope];
    for (const activation of inner) if (activation !== output) activation.release();
    const position = this.scope.indexOf(input);
    if (position >= 0 && input !== output) {
      this.scope.splice(position, 1);
      input.release();
    }
    if (!this.scope.includes(output)) this.scope.push(output);
    return output;
  }

  normalizeImage(image: Activation): Activation {
    const scale = tensor(
      Float32Array.from(IMAGENET_STD, (std) => 1 / (255 * std)),
      [3],
    );
    const offset = tensor(
      Float32Array.from(IMAGENET_MEAN, (mean, c) => -mean / (IMAGENET_STD[c] ?? 1)),
      [3],
    );
    const scaled = kernels.multiply(image.tensor, scale);
    const normalized = kernels.add(scaled, offset);
    dispose(scale, offset, scaled);
    return this.own(normalized, false);
  }

  convNorm(x: Activation, layer: ConvNormLayer): Activation {
    const convolved = this.convolution(x, layer);
    const normalized = this.normalize(convolved, layer);
    this.releaseEarly(convolved);
    return normalized;
  }

  squeezeExcite(x: Activation, { name, channels, reduced }: SqueezeExciteLayer): Activation {
    const { parameters } = this.pass;
    const [, height = 0, width = 0] = x.tensor.shape;
    const reduceKernel = parameters.tensor(`${name}.conv_reduce.weight`, [channels, reduced]);
    const expandKernel = parameters.tensor(`${name}.conv_expand.weight`, [reduced, channels]);

    const mean = kernels.spatialMean(x.tensor);
    const reducedLinear = affine(mean, reduceKernel, parameters.tensor(`${name}.conv_reduce.bias`));
    const reducedGate = kernels.sigmoid(reducedLinear);
    const hidden = kernels.multiply(reducedLinear, reducedGate);
    const expanded = affine(hidden, expandKernel, parameters.tensor(`${name}.conv_expand.bias`));
    const gate = kernels.sigmoid(expanded);
    const output = this.own(
      this.operations.scaleChannels(x.tensor, gate),
      x.needsGradient || parameters.get(`${name}.conv_reduce.weight`).trainable,
    );
    dispose(reducedLinear, expanded);
    if (!output.needsGradient) {
      dispose(mean, reducedGate, hidden, gate);
      return output;
    }

    x.retain();
    this.tape.record(() => {
      const dOutput = output.takeGradient();
      const dGate = this.operations.spatialProducts(dOutput, x.tensor);
      const dExpanded = kernels.sigmoidGradient(gate, dGate);
      this.affineGradient(`${name}.conv_expand`, hidden, dExpanded);
      const dHidden = kernels.matMul(dExpanded, expandKernel, false, true);
      const dReduced = swishGradient(hidden, reducedGate, dHidden);
      this.affineGradient(`${name}.conv_reduce`, mean, dReduced);
      dispose(dGate, dExpanded, dHidden);
      if (x.needsGradient) {
        const dMean = kernels.matMul(dReduced, reduceKernel, false, true);
        const share = tensor(Float32Array.of(1 / (height * width)), []);
        const dMeanShare = kernels.multiply(dMean, share);
        x.addGradient(this.operations.scaleChannels(dOutput, gate, dMeanShare));
        dispose(dMean, share, dMeanShare);
      }
      dispose(dOutput, dReduced, mean, reducedGate, hidden, gate);
      x.release();
    });
    return output;
  }

  addShortcut(x: Activation, shortcut: Activation, _block: string, depth: number): Activation {
    const [batch = 0] = x.tensor.shape;
    const branch = this.multiplyByMask(x, this.pass.dropPathRate * depth, [batch, 1, 1, 1]);
    const output = this.own(
      kernels.add(branch.tensor, shortcut.tensor),
      branch.needsGradient || shortcut.needsGradient,
    );
    if (output.needsGradient) {
      this.tape.record(() => {
        const dOutput = output.takeGradient();
        const receivers = [branch, shortcut].filter((receiver) => receiver.needsGradient);
        // Both get the same gradient; two names for one buffer need two handles.
        for (const receiver of receivers.slice(1)) {
          receiver.addGradient(kernels.reshape(dOutput, dOutput.shape));
        }
        receivers[0]?.addGradient(dOutput);
      });
    }
    return output;
  }

  globalAveragePool(x: Activation): Activation {
    const [batch = 0, height = 0, width = 0, channels = 0] = x.tensor.shape;
    const output = this.own(kernels.spatialMean(x.tensor), x.needsGradient);
    if (output.needsGradient) {
      this.tape.record(() => {
        const dOutput = output.takeGradient();
        const share = new Float32Array(height * width).fill(1 / (height * width));
        const spread = tensor(share, [1, height, width, 1]);
        const pooled = kernels.reshape(dOutput, [batch, 1, 1, channels]);
        x.addGradient(kernels.multiply(pooled, spread));
        dispose(dOutput, spread, pooled);
      });
    }
    return output;
  }

  classifier(pooled: Activation, { name }: ClassifierLayer): Activation {
    const { parameters } = this.pass;
    const x = this.multiplyByMask(pooled, this.pass.dropoutRate, pooled.tensor.shape);
    const kernel = parameters.tensor(`${name}.weight`);
    const output = this.own(
      affine(x.tensor, kernel, parameters.tensor(`${name}.bias`)),
      x.needsGradient || parameters.get(`${name}.weight`).trainable,
    );
    if (output.needsGradient) {
      x.retain();
      this.tape.record(() => {
        const dOutput = output.takeGradient();
        this.affineGradient(name, x.tensor, dOutput);
        if (x.needsGradient) x.addGradient(kernels.matMul(dOutput, kernel, false, true));
        dOutput.dispose();
        x.release();
      });
    }
    return output;
  }

  classActivationMaps(): Activation {
    throw new Error('training has no use for class activation maps: export the network');
  }

  private convolution(x: Activation, layer: ConvNormLayer): Activation {
    const { conv, stride, padding, depthwise } = layer;
    const name = `${conv}.weight`;
    const kernel = this.pass.parameters.tensor(name);
    const { trainable } = this.pass.parameters.get(name);
    const geometry = { stride, padding, depthwise };
    const output = this.own(
      kernels.convolution(x.tensor, kernel, geometry),
      x.needsGradient || trainable,
    );
    if (!output.needsGradient) return output;
    const inputShape = x.tensor.shape;
    const { depthwiseInputGradient, depthwiseKernelGradient } = this.operations;
    const inputGradient = depthwise ? depthwiseInputGradient : kernels.convolutionInputGradient;
    const kernelGradient = depthwise ? depthwiseKernelGradient : kernels.convolutionKernelGradient;
    if (trainable) x.retain();
    this.tape.record(() => {
      const dOutput = output.takeGradient();
      if (trainable) {
        this.readGradient(name, kernelGradient(x.tensor, kernel.shape, dOutput, geometry));
        x.release();
      }
      if (x.needsGradient) {
        x.addGradient(inputGradient(inputShape, kernel, dOutput, geometry));
      }
      dOutput.dispose();
    });
    return output;
  }

  private normalize(x: Activation, { norm: name, swish }: ConvNormLayer): Activation {
    const { parameters } = this.pass;
    const { trainable } = parameters.get(`${name}.weight`);
    const normalized = this.operations.normalize(x.tensor, {
      scale: parameters.tensor(`${name}.weight`),
      offset: parameters.tensor(`${name}.bias`),
      epsilon: BATCH_NORM_EPSILON,
      statistics: this.pass.usesBatchStatistics(this.currentBlock)
        ? null
        : {
            mean: parameters.tensor(`${name}.running_mean`),
            variance: parameters.tensor(`${name}.running_var`),
          },
      swish,
    });
    if (normalized.batch) {
      const { mean, variance } = normalized.batch;
      this.pass.onBatchStatistics(name, mean.read(), variance.read());
      dispose(mean, variance);
    }
    const output = this.own(normalized.y, x.needsGradient || trainable);
    if (!output.needsGradient) {
      normalized.dispose();
      return output;
    }
    x.retain();
    if (normalized.needsOutput) output.retain();
    this.tape.record(() => {
      const dOutput = output.takeGradient();
      const { dx, dScale, dOffset } = normalized.gradient(dOutput);
      dispose(dOutput);
      normalized.dispose();
      x.release();
      if (normalized.needsOutput) output.release();
      if (x.needsGradient) x.addGradient(dx);
      else dx.dispose();
      if (trainable) {
        this.readGradient(`${name}.weight`, dScale);
        this.readGradient(`${name}.bias`, dOffset);
      } else {
        dispose(dScale, dOffset);
      }
    });
    return output;
  }

  /** Zeros at the given rate, the rest scaled so that the mean stays. */
  private multiplyByMask(x: Activation, rate: number, maskShape: readonly number[]): Activation {
    if (rate === 0) return x;
    const keep = 1 - rate;
    const size = maskShape.reduce((product, side) => product * side, 1);
    const values = Float32Array.from({ length: size }, () =>
      this.pass.random.next() < rate ? 0 : 1 / keep,
    );
    const mask = tensor(values, maskShape);
    const output = this.own(kernels.multiply(x.tensor, mask), x.needsGradient);
    if (!output.needsGradient) {
      mask.dispose();
      return output;
    }
    this.tape.record(() => {
      const dOutput = output.takeGradient();
      x.addGradient(kernels.multiply(dOutput, mask));
      dispose(dOutput, mask);
    });
    return output;
  }

  /** Gradients of x · kernel + bias with regard to kernel and bias. */
  private affineGradient(name: string, x: Tensor, dOutput: Tensor): void {
    if (!this.pass.parameters.get(`${name}.weight`).trainable) return;
    this.readGradient(`${name}.weight`, kernels.matMul(x, dOutput, true, false));
    this.readGradient(`${name}.bias`, kernels.biasAddGradient(dOutput));
  }

  private readGradient(name: string, gradient: Tensor): void {
    this.gradients.set(name, gradient.read());
    gradient.dispose();
  }

  /** Gives up what nothing after this point reads, ahead of the end of its block. */
  private releaseEarly(activation: Activation): void {
    this.scope.splice(this.scope.indexOf(activation), 1);
    activation.release();
  }

  private own(value: Tensor, needsGradient: boolean): Activation {
    const activation = new Activation(value, needsGradient && this.pass.recordsGradients);
    this.scope.push(activation);
    return activation;
  }
}

function affine(x: Tensor, kernel: Tensor, bias: Tensor): Tensor {
  const product = kernels.matMul(x, kernel);
  const sum = kernels.biasAdd(product, bias);
  product.dispose();
  return sum;
}

function dispose(...tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}
