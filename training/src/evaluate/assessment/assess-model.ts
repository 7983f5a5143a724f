import { createQualityMeter } from '@naevus/shared/image/image-quality';
import { createResidualDistance } from '@naevus/shared/model/feature-subspace';
import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';
import '@tensorflow/tfjs-backend-wasm';
import type { Sample } from '../../data/load/dataset.ts';
import { classifyAll } from '../classifiers/classify-images.ts';
import type { OnnxClassifier } from '../classifiers/onnx-classifier.ts';
import type { AssessedImage } from './assessed-image.ts';
import { type BuiltAssessment, buildAssessment } from './build-assessment.ts';
import { DEGRADATIONS, type Degradation, degrade } from './degraded-images.ts';
import { fitFeatureSubspace, serializeFeatureSubspace } from './feature-subspace.ts';
import type { CalibrationPlan } from './fit-assessment.ts';
import type { MeasuredNonLesion } from './measure-out-of-distribution.ts';
import type { DegradedImages } from './measure-quality.ts';
import { readNonLesions } from './non-lesions.ts';

/** Training images that the feature subspace is fitted on: more take longer and refuse no other pictures. */
const SUBSPACE_IMAGES = 2500;
/** Every so many validation images are spoilt, to see whether it is noticed. */
const DEGRADED_EVERY = 10;

export interface ModelUnderAssessment {
  readonly classifier: OnnxClassifier;
  /** Trained on. */
  readonly training: readonly Sample[];
  /** Not trained on. */
  readonly validation: readonly Sample[];
  /** Folder of pictures that show no lesion. */
  readonly nonLesions: string;
  /** Path to the network's input, as serving prepares it. */
  readonly prepare: PrepareImage;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  readonly plan: Omit<CalibrationPlan, 'method'>;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface ModelAssessment extends BuiltAssessment {
  /** The validation images, in their order. */
  readonly images: readonly AssessedImage[];
  readonly subspace: {
    readonly bytes: Uint8Array;
    readonly features: number;
    readonly components: number;
  };
}

/**
 * Fits and measures what the model's answers are held against: calibration, prediction sets, operating
 * points, limits of quality, and the distance of what is no lesion.
 *
 * @throws Error when an image cannot be read
 */
export async function assessModel(model: ModelUnderAssessment): Promise<ModelAssessment> {
  const { classifier, training, validation, prepare, kernels, plan, seed, log } = model;
  const measureQuality = createQualityMeter(kernels);
  log('measuring the quality and the features of the validation images');
  const degraded = new Map<Degradation, DegradedImages['qualities'][number][]>(
    DEGRADATIONS.map((degradation) => [degradation, []]),
  );
  let index = 0;
  const measured = await classifyAll(validation, prepare, async (rgb) => {
    if (index++ % DEGRADED_EVERY === 0) {
      for (const [degradation, qualities] of degraded) {
        qualities.push(measureQuality(await degrade(rgb, degradation)));
      }
    }
    return { ...(await classifier.logitsAndFeatures(rgb)), quality: measureQuality(rgb) };
  });

  const chosen = createRandom(seed)
    .shuffle([...training])
    .slice(0, SUBSPACE_IMAGES);
  log(`fitting the subspace of the features on ${chosen.length} training images`);
  const features = await classifyAll(
    chosen,
    prepare,
    async (rgb) => (await classifier.logitsAndFeatures(rgb)).features,
  );
  if (!(await tf.setBackend('wasm'))) throw new Error("tfjs's WebAssembly backend does not start");
  const subspace = fitFeatureSubspace(features);
  const residualDistance = createResidualDistance(subspace, kernels);

  const images = measured.map(({ logits, features, quality }, i) => {
    const { imageId, label, lesionId } = validation[i]!;
    return {
      imageId,
      label,
      lesionId,
      logits,
      quality,
      distance: residualDistance(features),
    } satisfies AssessedImage;
  });
  const nonLesions: MeasuredNonLesion[] = [];
  for (const { use, kind, rgb } of await readNonLesions(model.nonLesions, prepare)) {
    const { logits, features } = await classifier.logitsAndFeatures(rgb);
    const distance = residualDistance(features);
    nonLesions.push({ use, kind, distance, logits, quality: measureQuality(rgb) });
  }

  log('fitting the assessment: ten times on nine tenths of the lesions, once on all');
  const built = buildAssessment({
    images,
    nonLesions,
    degraded: [...degraded].map(([degradation, qualities]) => ({ degradation, qualities })),
    split: 'validation',
    plan,
    seed,
  });
  const size = subspace.mean.length;
  return {
    ...built,
    images,
    subspace: {
      bytes: serializeFeatureSubspace(subspace),
      features: size,
      components: subspace.basis.length / size,
    },
  };
}
