import { IMAGE_KINDS, type ImageKind, type ModalityMethod } from '@naevus/shared/image/image-kinds';
import { type ModalityModel, unitFeatures } from '@naevus/shared/model/modality';
import { littleEndianBytes } from '../../convert/little-endian.ts';
import { minimize } from './minimize.ts';

/** An image of a kind that is known. */
export interface KindExample {
  readonly kind: ImageKind;
  /** Its source: the images of a kind weigh as much from each. */
  readonly source: string;
  /** Of the network. */
  readonly features: Float32Array;
}

/**
 * Penalty of the squared weights, for features scaled to a mean square of 1; chosen by leaving sources out (README.md
 * beside this file).
 */
const PENALTY = 0.2;
/** It is near its minimum after about 40: so strong a penalty leaves little to find. */
const STEPS = 60;

/** Chosen in the same way. */
const METHOD: ModalityMethod = 'logistic-regression';

/**
 * Fits how images were taken: a multinomial logistic regression on the features, scaled to length 1. Every kind weighs
 * the same, and within a kind every source, so that no large source decides what dermoscopic means.
 *
 * @throws RangeError when there is no example of some kind, or features have different lengths
 */
export function fitModality(examples: readonly KindExample[]): ModalityModel {
  const kinds = IMAGE_KINDS.length;
  for (const kind of IMAGE_KINDS) {
    if (examples.some((example) => example.kind === kind)) continue;
    throw new RangeError(`there is no example of the kind ${kind}`);
  }
  const size = examples[0]!.features.length;
  const rows = scaledRows(examples, size);
  const mean = columnMeans(rows, size);
  for (let i = 0; i < rows.length; i++) rows[i]! -= mean[i % size]!;
  const truth = examples.map(({ kind }) => IMAGE_KINDS.indexOf(kind));
  const weight = exampleWeights(examples);

  const stride = size + 1;
  const loss = (at: Float64Array, gradient: Float64Array): number => {
    let total = 0;
    for (let k = 0; k < at.length; k++) {
      const isBias = k % stride === 0;
      gradient[k] = isBias ? 0 : PENALTY * at[k]!;
      if (!isBias) total += (PENALTY * at[k]! ** 2) / 2;
    }
    const logits = new Float64Array(kinds);
    for (let row = 0; row < truth.length; row++) {
      const first = row * size;
      for (let kind = 0; kind < kinds; kind++) {
        let sum = at[kind * stride]!;
        const own = kind * stride + 1;
        for (let i = 0; i < size; i++) sum += at[own + i]! * rows[first + i]!;
        logits[kind] = sum;
      }
      const top = Math.max(...logits);
      let normalizer = 0;
      for (let kind = 0; kind < kinds; kind++) normalizer += Math.exp(logits[kind]! - top);
      const logNormalizer = top + Math.log(normalizer);
      total += weight[row]! * (logNormalizer - logits[truth[row]!]!);
      for (let kind = 0; kind < kinds; kind++) {
        const likelihood = Math.exp(logits[kind]! - logNormalizer);
        const error = weight[row]! * (likelihood - (truth[row] === kind ? 1 : 0));
        gradient[kind * stride]! += error;
        const own = kind * stride + 1;
        for (let i = 0; i < size; i++) gradient[own + i]! += error * rows[first + i]!;
      }
    }
    return total;
  };
  const fitted = minimize(loss, new Float64Array(kinds * stride), { steps: STEPS });

  // Of features of length 1: the scale and the mean go into weights and biases.
  const scale = Math.sqrt(size);
  const weights = new Float32Array(kinds * size);
  const biases = new Float32Array(kinds);
  for (let kind = 0; kind < kinds; kind++) {
    let bias = fitted[kind * stride]!;
    for (let i = 0; i < size; i++) {
      const own = fitted[kind * stride + 1 + i]!;
      weights[kind * size + i] = own * scale;
      bias -= own * mean[i]!;
    }
    biases[kind] = bias;
  }
  return { method: METHOD, weights, biases };
}

/** The file that `readModalityModel` reads. */
export function serializeModality({ weights, biases }: ModalityModel): Uint8Array {
  const size = weights.length / biases.length;
  const all = new Float32Array(weights.length + biases.length);
  for (const [kind, bias] of biases.entries()) {
    all[kind * (size + 1)] = bias;
    all.set(weights.subarray(kind * size, (kind + 1) * size), kind * (size + 1) + 1);
  }
  return littleEndianBytes(all);
}

/** [example, feature], each scaled to a mean square of 1. */
function scaledRows(examples: readonly KindExample[], size: number): Float32Array {
  const rows = new Float32Array(examples.length * size);
  for (const [row, { features }] of examples.entries()) {
    if (features.length !== size) {
      throw new RangeError(`${features.length} features where the first example has ${size}`);
    }
    const scale = Math.sqrt(size);
    for (const [i, value] of unitFeatures(features, METHOD).entries()) {
      rows[row * size + i] = value * scale;
    }
  }
  return rows;
}

function columnMeans(rows: Float32Array, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < rows.length; i++) mean[i % size]! += rows[i]!;
  return mean.map((sum) => (sum * size) / rows.length);
}

function exampleWeights(examples: readonly KindExample[]): number[] {
  const images = new Map<string, number>();
  const sources = new Map<ImageKind, Set<string>>();
  const keyOf = ({ kind, source }: KindExample) => `${kind} ${source}`;
  for (const example of examples) {
    images.set(keyOf(example), (images.get(keyOf(example)) ?? 0) + 1);
    sources.set(example.kind, (sources.get(example.kind) ?? new Set<string>()).add(example.source));
  }
  return examples.map(
    (example) =>
      1 / (IMAGE_KINDS.length * sources.get(example.kind)!.size * images.get(keyOf(example))!),
  );
}
