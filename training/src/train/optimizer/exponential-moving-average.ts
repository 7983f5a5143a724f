import type { NetworkParameters } from '../../network/network-parameters.ts';
import type { Parameters } from '../../network/parameters.ts';

/** How the weights of the steps are averaged. */
export interface Averaging {
  /** Of the moving average; 0 is the weights as they are. */
  readonly decay: number;
  /** From this step on all weights count the same, and those before it nothing (Izmailov et al. 2018). */
  readonly evenFrom?: number;
}

/** Average of every parameter over the steps, TensorFlow's layout (Polyak, Juditsky 1992): exponential, then even. */
export class ExponentialMovingAverage {
  readonly values: Map<string, Float32Array>;
  private readonly decay: number;
  private readonly evenFrom: number;

  constructor(
    parameters: NetworkParameters,
    { decay, evenFrom = Number.POSITIVE_INFINITY }: Averaging,
    values?: Map<string, Float32Array>,
  ) {
    this.decay = decay;
    this.evenFrom = evenFrom;
    this.values =
      values ?? new Map(parameters.all().map(({ spec, values: v }) => [spec.name, v.slice()]));
  }

  /** @param step from 0: early steps average over fewer. */
  update(parameters: NetworkParameters, step: number): void {
    const even = step - this.evenFrom;
    const decay = even >= 0 ? even / (even + 1) : Math.min(this.decay, (1 + step) / (10 + step));
    for (const { spec, values } of parameters.all()) {
      const average = this.values.get(spec.name);
      if (!average) continue;
      for (let i = 0; i < values.length; i++)
        average[i] = decay * average[i]! + (1 - decay) * values[i]!;
    }
  }

  /** The average in PyTorch's layout. */
  toParameters(parameters: NetworkParameters): Parameters {
    return parameters.toParameters(this.values);
  }
}
