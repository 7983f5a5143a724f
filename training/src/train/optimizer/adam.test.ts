import { afterEach, describe, expect, it } from 'vitest';
import { SHRUNKEN, trainedLookingParameters } from '../../network/fixtures/shrunken-network.ts';
import { NetworkParameters } from '../../network/network-parameters.ts';
import { Adam } from './adam.ts';
import keras from './fixtures/keras-adam.json' with { type: 'json' };

const options = {
  optimizer: 'adamw' as const,
  weightDecay: 0.1,
  learningRateFactor: () => 1,
  gradientNorm: 1e9,
};
let parameters: NetworkParameters;
const startParameters = () => {
  parameters = new NetworkParameters(SHRUNKEN, trainedLookingParameters(SHRUNKEN, 1), () => true);
  return parameters;
};
afterEach(() => parameters.dispose());

/** A gradient for one parameter, the same in every entry. */
const gradient = (name: string, value: number) =>
  new Map([[name, new Float32Array(parameters.get(name).values.length).fill(value)]]);

describe('Adam', () => {
  it('steps by the learning rate at first, against the sign of the gradient, and decays kernels', () => {
    const { values } = startParameters().get('classifier.weight');
    const before = values[0]!;
    new Adam(options).update(parameters, gradient('classifier.weight', 0.3), 0.01);
    expect(values[0]).toBeCloseTo(before - 0.01 * 0.1 * before - 0.01, 6);
  });

  it('does not decay biases', () => {
    const { values } = startParameters().get('classifier.bias');
    const before = values[0]!;
    new Adam(options).update(parameters, gradient('classifier.bias', -5), 0.01);
    expect(values[0]).toBeCloseTo(before + 0.01, 6);
  });

  it('follows the recurrence of Loshchilov and Hutter, algorithm 2, over steps', () => {
    const { values } = startParameters().get('classifier.weight');
    let w = values[0]!;
    let [m, v] = [0, 0];
    const optimizer = new Adam(options);
    for (const [t, g] of [0.5, -0.2, 0.1].entries()) {
      optimizer.update(parameters, gradient('classifier.weight', g), 0.02);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const rate = m / (1 - 0.9 ** (t + 1)) / (Math.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8);
      w -= 0.02 * (rate + 0.1 * w);
    }
    expect(values[0]).toBeCloseTo(w, 5);
  });

  it('clips by the global norm and reports it', () => {
    startParameters();
    const optimizer = new Adam({ ...options, gradientNorm: 1 });
    const size = parameters.get('classifier.bias').values.length;
    expect(optimizer.update(parameters, gradient('classifier.bias', 2), 0.01)).toBeCloseTo(
      2 * Math.sqrt(size),
    );
    expect(optimizer.state.first.get('classifier.bias')?.[0]).toBeCloseTo(0.1 / Math.sqrt(size), 6);
  });

  it('changes nothing when a gradient is not finite', () => {
    const { values } = startParameters().get('classifier.bias');
    const before = values.slice();
    const optimizer = new Adam(options);
    expect(() =>
      optimizer.update(parameters, gradient('classifier.bias', Number.NaN), 0.01),
    ).toThrow('not finite');
    expect(values).toEqual(before);
    expect(optimizer.state.step).toBe(0);
  });

  it("gives Keras' Adam: its epsilon, no decay", () => {
    const [start, after] = [Float32Array.from(keras.start), keras.values];
    const { values } = startParameters().get('classifier.bias');
    values.set(start);
    const optimizer = new Adam({ ...options, optimizer: 'adam' });
    for (const [t, gradients] of keras.gradients.entries()) {
      const given = new Map([['classifier.bias', Float32Array.from(gradients)]]);
      optimizer.update(parameters, given, keras.learningRate);
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(after[t]![i]!, 6);
    }
  });
});
