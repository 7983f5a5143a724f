import { createRandom, type Random } from '@naevus/shared/statistics/random';
import { type Architecture, classify, extractFeatures } from './architecture.ts';
import { NetworkParameters } from './network-parameters.ts';
import type { ParameterSpec, Parameters } from './parameters.ts';
import { type BatchStatisticsListener, TrainingInterpreter } from './training-interpreter.ts';

export interface TrainableNetworkOptions {
  readonly architecture: Architecture;
  /** timm's names, PyTorch's layout, classifier included. */
  readonly parameters: Parameters;
  /** Which parameters get gradients. */
  readonly trainable?: (spec: ParameterSpec) => boolean;
}

export interface StepOptions {
  readonly random: Random;
  readonly dropPathRate: number;
  readonly dropoutRate: number;
  /** Blocks that normalize with the batch's statistics while training. */
  readonly usesBatchStatistics: (block: string) => boolean;
  readonly onBatchStatistics: BatchStatisticsListener;
  /** Rows of logits to the gradient of the mean loss with regard to them, both [N, classes]. */
  readonly lossGradient: (logits: Float32Array) => Float32Array;
}

/** RGB images 0 to 255 as float32, [N, size, size, 3] row-major. */
export interface ImageBatch {
  readonly values: Float32Array;
  readonly count: number;
  readonly size: number;
}

const never = () => false;
const ignore = () => {};

/** The network in TensorFlow: forward for scoring and features, forward and backward for training. */
export class TrainableNetwork {
  readonly architecture: Architecture;
  readonly parameters: NetworkParameters;

  /** @throws Error that names a missing or misshapen parameter. */
  constructor({ architecture, parameters, trainable = never }: TrainableNetworkOptions) {
    this.architecture = architecture;
    this.parameters = new NetworkParameters(architecture, parameters, trainable);
  }

  /** Pooled features [N, headChannels], running statistics, no dropout. */
  features(batch: ImageBatch): Float32Array {
    return this.infer(batch, false);
  }

  /** Logits [N, classes], running statistics, no dropout. */
  logits(batch: ImageBatch): Float32Array {
    return this.infer(batch, true);
  }

  /** Gradients of the classifier alone, from rows of pooled features. */
  classifierGradients(
    features: readonly Float32Array[],
    options: Pick<StepOptions, 'dropoutRate' | 'random' | 'lossGradient'>,
  ): Map<string, Float32Array> {
    const interpreter = this.interpreter(true, {
      ...options,
      usesBatchStatistics: never,
      onBatchStatistics: ignore,
    });
    const logits = this.classifyRows(interpreter, features);
    interpreter.backward(logits, options.lossGradient(logits.tensor.read()));
    interpreter.dispose();
    return interpreter.gradients;
  }

  /** Logits [N, classes] of rows of pooled features, no dropout. */
  classifierLogits(features: readonly Float32Array[]): Float32Array {
    const interpreter = this.interpreter(false, {
      usesBatchStatistics: never,
      onBatchStatistics: ignore,
    });
    const values = this.classifyRows(interpreter, features).tensor.read();
    interpreter.dispose();
    return values;
  }

  /** Forward with batch statistics in every block; the weights stay, only `onBatchStatistics` learns something. */
  observeStatistics(batch: ImageBatch, onBatchStatistics: BatchStatisticsListener): void {
    const interpreter = this.interpreter(false, {
      usesBatchStatistics: () => true,
      onBatchStatistics,
    });
    extractFeatures(interpreter, imageInput(interpreter, batch), this.architecture);
    interpreter.dispose();
  }

  /** One forward and backward pass: gradients of the trainable parameters by name, TensorFlow's layout. */
  gradients(batch: ImageBatch, options: StepOptions): Map<string, Float32Array> {
    const interpreter = this.interpreter(true, options);
    const image = imageInput(interpreter, batch);
    const logits = interpreter.block('classifier', image, (input) => {
      const features = extractFeatures(interpreter, input, this.architecture);
      return classify(interpreter, interpreter.globalAveragePool(features), this.architecture);
    });
    interpreter.backward(logits, options.lossGradient(logits.tensor.read()));
    interpreter.dispose();
    return interpreter.gradients;
  }

  dispose(): void {
    this.parameters.dispose();
  }

  private classifyRows(interpreter: TrainingInterpreter, features: readonly Float32Array[]) {
    const width = this.architecture.headChannels;
    const values = new Float32Array(features.length * width);
    for (const [row, feature] of features.entries()) values.set(feature, row * width);
    const pooled = interpreter.input(values, [features.length, width]);
    return classify(interpreter, pooled, this.architecture);
  }

  private infer(batch: ImageBatch, toLogits: boolean): Float32Array {
    const interpreter = this.interpreter(false, {
      usesBatchStatistics: never,
      onBatchStatistics: ignore,
    });
    const features = extractFeatures(
      interpreter,
      imageInput(interpreter, batch),
      this.architecture,
    );
    const pooled = interpreter.globalAveragePool(features);
    const output = toLogits ? classify(interpreter, pooled, this.architecture) : pooled;
    const values = output.tensor.read();
    interpreter.dispose();
    return values;
  }

  private interpreter(
    recordsGradients: boolean,
    options: Pick<StepOptions, 'usesBatchStatistics' | 'onBatchStatistics'> & Partial<StepOptions>,
  ): TrainingInterpreter {
    return new TrainingInterpreter({
      parameters: this.parameters,
      recordsGradients,
      dropPathRate: 0,
      dropoutRate: 0,
      random: createRandom(0),
      ...options,
    });
  }
}

function imageInput(interpreter: TrainingInterpreter, { values, count, size }: ImageBatch) {
  return interpreter.input(values, [count, size, size, 3]);
}
