import type { NetworkParameters } from '../../network/network-parameters.ts';
import type { ParameterSpec } from '../../network/parameters.ts';
import { DivergedError } from './diverged-error.ts';

export interface AdamOptions {
  /** 'adam': Keras' form, no decay. 'adamw': decoupled weight decay. */
  readonly optimizer: 'adam' | 'adamw';
  readonly weightDecay: number;
  /** Factor of the learning rate for this parameter. */
  readonly learningRateFactor: (spec: ParameterSpec) => number;
  /** Gradients are scaled so that their global norm is at most this. */
  readonly gradientNorm: number;
}

/** First and second moments by parameter name, TensorFlow's layout. */
export interface AdamState {
  step: number;
  readonly first: Map<string, Float32Array>;
  readonly second: Map<string, Float32Array>;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
/** PyTorch's default, as AdamW's authors have it. */
const ADAMW_EPSILON = 1e-8;
/** Keras' default. It stands for ε̂ of Kingma and Ba 2015, end of section 2: added before the bias correction. */
const KERAS_EPSILON = 1e-7;

/**
 * Adam (Kingma, Ba 2015) as Keras has it, or with decoupled weight decay (Loshchilov, Hutter 2019,
 * algorithm 2), decay on kernels alone.
 */
export class Adam {
  readonly state: AdamState;
  private readonly options: AdamOptions;

  constructor(options: AdamOptions, state?: AdamState) {
    this.options = options;
    this.state = state ?? { step: 0, first: new Map(), second: new Map() };
  }

  /**
   * One update in place.
   *
   * @returns the gradients' global norm before clipping.
   * @throws DivergedError when a gradient is not finite; nothing was changed then.
   */
  update(
    parameters: NetworkParameters,
    gradients: ReadonlyMap<string, Float32Array>,
    learningRate: number,
  ): number {
    const norm = globalNorm(gradients);
    if (!Number.isFinite(norm)) {
      throw new DivergedError('a gradient is not finite', 'training', this.state.step);
    }
    const clip = Math.min(1, this.options.gradientNorm / (norm + 1e-12));
    this.state.step++;
    const correction1 = 1 - BETA1 ** this.state.step;
    const correction2 = 1 - BETA2 ** this.state.step;
    const keras = this.options.optimizer === 'adam';
    const epsilon = keras ? KERAS_EPSILON / Math.sqrt(correction2) : ADAMW_EPSILON;
    const weightDecay = keras ? 0 : this.options.weightDecay;
    for (const [name, gradient] of gradients) {
      const { spec, values } = parameters.get(name);
      const rate = learningRate * this.options.learningRateFactor(spec);
      const decays =
        spec.kind === 'convolution' || spec.kind === 'depthwise' || spec.kind === 'dense';
      const decay = decays ? rate * weightDecay : 0;
      const first = moment(this.state.first, name, values.length);
      const second = moment(this.state.second, name, values.length);
      const stepSize = rate / correction1;
      for (let i = 0; i < values.length; i++) {
        const g = gradient[i]! * clip;
        const m = BETA1 * first[i]! + (1 - BETA1) * g;
        const v = BETA2 * second[i]! + (1 - BETA2) * g * g;
        first[i] = m;
        second[i] = v;
        const w = values[i]!;
        values[i] = w - decay * w - (stepSize * m) / (Math.sqrt(v / correction2) + epsilon);
      }
      parameters.changed(name);
    }
    return norm;
  }
}

function moment(moments: Map<string, Float32Array>, name: string, size: number): Float32Array {
  let found = moments.get(name);
  if (!found) {
    found = new Float32Array(size);
    moments.set(name, found);
  }
  return found;
}

function globalNorm(gradients: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  }
  return Math.sqrt(sum);
}
