import type { Architecture } from './architecture.ts';
import { type Tensor, tensor } from './engine/tensorflow.ts';
import {
  checkParameters,
  type ParameterSpec,
  type Parameters,
  parameterSpecs,
} from './parameters.ts';
import { tensorflowShape, toPytorchLayout, toTensorflowLayout } from './tensor-layout.ts';

/** One parameter while it is trained: values in TensorFlow's layout here, and a copy in TensorFlow's memory. */
export interface LiveParameter {
  readonly spec: ParameterSpec;
  readonly values: Float32Array;
  readonly trainable: boolean;
}

/** The network's parameters while it is trained or run. */
export class NetworkParameters {
  private readonly byName = new Map<string, LiveParameter>();
  private readonly tensors = new Map<string, Tensor>();

  /**
   * @param trainable which parameters get gradients; running statistics never do.
   * @throws Error that names a missing or misshapen parameter.
   */
  constructor(
    architecture: Architecture,
    parameters: Parameters,
    trainable: (spec: ParameterSpec) => boolean,
  ) {
    checkParameters(parameters, architecture);
    for (const spec of parameterSpecs(architecture)) {
      const values = toTensorflowLayout(parameters.get(spec.name) ?? new Float32Array(), spec);
      const running = spec.kind === 'running-mean' || spec.kind === 'running-variance';
      this.byName.set(spec.name, { spec, values, trainable: !running && trainable(spec) });
    }
  }

  get(name: string): LiveParameter {
    const parameter = this.byName.get(name);
    if (!parameter) throw new Error(`the network has no parameter ${name}`);
    return parameter;
  }

  trainable(): LiveParameter[] {
    return [...this.byName.values()].filter((parameter) => parameter.trainable);
  }

  /** The parameter in TensorFlow's memory, as the given shape of the same size; stays this object's. */
  tensor(name: string, shape?: readonly number[]): Tensor {
    let found = this.tensors.get(name);
    if (!found) {
      const { spec, values } = this.get(name);
      found = tensor(values, shape ?? tensorflowShape(spec));
      this.tensors.set(name, found);
    }
    return found;
  }

  /** To be called when values were changed: TensorFlow's copy is made anew at its next use. */
  changed(name: string): void {
    this.tensors.get(name)?.dispose();
    this.tensors.delete(name);
  }

  all(): LiveParameter[] {
    return [...this.byName.values()];
  }

  /**
   * A copy in PyTorch's layout, for checkpoints and exporters.
   *
   * @param replaced values in TensorFlow's layout to take in place of these, by name.
   */
  toParameters(replaced?: ReadonlyMap<string, Float32Array>): Parameters {
    const parameters: Parameters = new Map();
    for (const [name, { spec, values }] of this.byName) {
      parameters.set(name, toPytorchLayout(replaced?.get(name) ?? values, spec));
    }
    return parameters;
  }

  dispose(): void {
    for (const name of [...this.tensors.keys()]) this.changed(name);
  }
}
