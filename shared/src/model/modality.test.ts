import { describe, expect, it } from 'vitest';
import { IMAGE_KINDS } from '../image/image-kinds.ts';
import { createModalityMeter, loadModalityModel, readModalityModel } from './modality.ts';

/** Two features; each kind's bias, then its weights. */
const numbers = Float32Array.of(0.5, 2, -1, 0, -3, 4, 0, 0, 1, -1, 0, 0);
const bytes = new Uint8Array(numbers.buffer);
const model = readModalityModel(bytes, { method: 'logistic-regression', features: 2 });

describe('readModalityModel', () => {
  it('reads a bias and the weights of each kind', () => {
    expect([...model.biases]).toEqual([0.5, 0, 0, -1]);
    expect([...model.weights]).toEqual([2, -1, -3, 4, 0, 1, 0, 0]);
  });

  it('reads bytes wherever they begin, and refuses another number of them', () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(
      readModalityModel(shifted.subarray(3), { method: 'logistic-regression', features: 2 }),
    ).toEqual(model);
    expect(() => readModalityModel(bytes, { method: 'logistic-regression', features: 3 })).toThrow(
      'has 64 bytes, not 48',
    );
  });
});

describe('createModalityMeter', () => {
  const measure = createModalityMeter(model);

  it('is the softmax of the weighted features, scaled to length 1', () => {
    // (6, 8) is (0.6, 0.8): logits 0.9, 1.4, 0.8, -1.
    const powers = [0.9, 1.4, 0.8, -1].map(Math.exp);
    const { kind, dermoscopic } = measure(Float32Array.of(6, 8));
    expect(kind).toBe('close-up');
    expect(dermoscopic).toBeCloseTo(powers[0]! / powers.reduce((a, b) => a + b), 6);
    expect(measure(Float32Array.of(60, 80)).dermoscopic).toBeCloseTo(dermoscopic, 6);
    expect(measure(Float32Array.of(1, 0)).kind).toBe('dermoscopic');
  });

  it('takes the roots of the features, with their signs, where the model was fitted on them', () => {
    // (9, -16) is (3, -4): (0.6, -0.8) of length 1.
    const ofRoots = createModalityMeter({ ...model, method: 'root-logistic-regression' });
    const features = Float32Array.of(9, -16);
    expect(ofRoots(features)).toEqual(measure(Float32Array.of(3, -4)));
    expect(ofRoots(features)).not.toEqual(measure(features));
    expect(IMAGE_KINDS).toContain(ofRoots(new Float32Array(2)).kind);
  });

  it('is defined for features of length 0, and refuses others than it has', () => {
    expect(IMAGE_KINDS).toContain(measure(new Float32Array(2)).kind);
    expect(() => measure(new Float32Array(3))).toThrow('3 features');
  });
});

it('is undefined for versions without one', async () => {
  const source = { read: async () => undefined };
  expect(await loadModalityModel(source, { files: [] })).toBeUndefined();
});
