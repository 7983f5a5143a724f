import type { NetworkParameters } from '../../network/network-parameters.ts';
import type { Parameters } from '../../network/parameters.ts';

/** Exponential moving average of every parameter, TensorFlow's layout (Polyak, Juditsky 1992). */
export class ExponentialMovingAverage {
  readonly values: Map<string, Float32Array>;
  private readonly decay: number;

  constructor(parameters: NetworkParameters, decay: number, values?: Map<string, Float32Array>) {
    this.decay = decay;
    this.values =
      values ?? new Map(parameters.all().map(({ spec, values: v }) => [spec.name, v.slice()]));
  }

  /** @param step from 0: early steps average over fewer. */
  update(parameters: NetworkParameters, step: number): void {
    const decay = Math.min(this.decay, (1 + step) / (10 + step));
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
