import { softmax } from '../answer/probabilities.ts';
import { IMAGE_KINDS, type ImageKind, type ModalityMethod } from '../image/image-kinds.ts';
import type { Manifest } from './manifest.ts';
import { type ArtifactSource, loadFile, type Sha256 } from './verify.ts';

/** A multinomial logistic regression on the network's features. */
export interface ModalityModel {
  readonly method: ModalityMethod;
  /** [kind, feature], in the order of {@link IMAGE_KINDS}. */
  readonly weights: Float32Array;
  /** One a kind. */
  readonly biases: Float32Array;
}

/** What an image most likely is, and how likely it was taken through a dermatoscope, 0 to 1. */
export interface MeasuredModality {
  readonly kind: ImageKind;
  readonly dermoscopic: number;
}

export type MeasureModality = (features: Float32Array) => MeasuredModality;

/**
 * The modality model of a version, verified against its hash; undefined where the version has none.
 *
 * @throws ArtifactError as `loadFile`
 * @throws RangeError as {@link readModalityModel}
 */
export async function loadModalityModel(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'assessment'>,
  sha256?: Sha256,
): Promise<ModalityModel | undefined> {
  const spec = manifest.assessment?.modality;
  if (spec === undefined) return undefined;
  return readModalityModel(await loadFile(source, manifest, spec.path, sha256), spec);
}

/**
 * Reads a model: little-endian float32, for each kind its bias and then a weight a feature.
 *
 * @throws RangeError when the bytes are not `kinds * (features + 1)` numbers
 */
export function readModalityModel(
  bytes: Uint8Array<ArrayBuffer>,
  { method, features }: { readonly method: ModalityMethod; readonly features: number },
): ModalityModel {
  const stride = features + 1;
  const count = IMAGE_KINDS.length * stride;
  if (bytes.length !== 4 * count) {
    throw new RangeError(
      `a modality model of ${features} features has ${4 * count} bytes, not ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = (kind: number, i: number) => view.getFloat32(4 * (kind * stride + i), true);
  return {
    method,
    biases: Float32Array.from(IMAGE_KINDS, (_, kind) => at(kind, 0)),
    weights: Float32Array.from({ length: IMAGE_KINDS.length * features }, (_, i) =>
      at(Math.floor(i / features), 1 + (i % features)),
    ),
  };
}

/** @returns a function that throws a RangeError when there are not as many features as the model has */
export function createModalityMeter({ method, weights, biases }: ModalityModel): MeasureModality {
  const size = weights.length / IMAGE_KINDS.length;
  return (features) => {
    if (features.length !== size) {
      throw new RangeError(`${features.length} features where the modality model has ${size}`);
    }
    const regressed = unitFeatures(features, method);
    const logits = IMAGE_KINDS.map((_, kind) => {
      let sum = 0;
      const row = kind * size;
      for (let i = 0; i < size; i++) sum += weights[row + i]! * regressed[i]!;
      return biases[kind]! + sum;
    });
    const likelihoods = softmax(logits);
    const kind = IMAGE_KINDS[likelihoods.indexOf(Math.max(...likelihoods))]!;
    return { kind, dermoscopic: likelihoods[0]! };
  };
}

/** What the weights of a method are multiplied with: as many numbers as features, of length 1 together. */
export function unitFeatures(features: Float32Array, method: ModalityMethod): Float64Array {
  const rooted = method === 'root-logistic-regression';
  const values = new Float64Array(features.length);
  let squared = 0;
  // By index: iterators and callbacks cost ten times as much as the arithmetic.
  for (let i = 0; i < values.length; i++) {
    const feature = features[i]!;
    const value = rooted ? Math.sign(feature) * Math.sqrt(Math.abs(feature)) : feature;
    values[i] = value;
    squared += value * value;
  }
  const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
  for (let i = 0; i < values.length; i++) values[i] = scale * values[i]!;
  return values;
}
