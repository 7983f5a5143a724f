import { scores } from '@naevus/shared/answer/probabilities';
import { createQualityMeter } from '@naevus/shared/image/image-quality';
import { createResidualDistance } from '@naevus/shared/model/feature-subspace';
import { createModalityMeter } from '@naevus/shared/model/modality';
import { createRandom } from '@naevus/shared/statistics/random';
import * as tf from '@tensorflow/tfjs-core';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';
import '@tensorflow/tfjs-backend-wasm';
import type { Sample } from '../../data/load/dataset.ts';
import type { OutsideImage } from '../../data/load/outside-images.ts';
import { classifyAll } from '../classifiers/classify-images.ts';
import type { OnnxClassifier } from '../classifiers/onnx-classifier.ts';
import { answerTo, isRoutine } from './answered-image.ts';
import { assessModality, type KindImage, type ModalityFit } from './assess-modality.ts';
import type { AssessedImage, MeasuredImage } from './assessed-image.ts';
import { type BuiltAssessment, buildAssessment } from './build-assessment.ts';
import { DEGRADATIONS, type Degradation, degrade } from './degraded-images.ts';
import { fitFeatureSubspace, serializeFeatureSubspace } from './feature-subspace.ts';
import type { CalibrationPlan, FittedAssessment } from './fit-assessment.ts';
import { type Measured, measuredShare } from './lesion-interval.ts';
import type { MeasuredNonLesion } from './measure-out-of-distribution.ts';
import type { DegradedImages } from './measure-quality.ts';
import { readNonLesions } from './non-lesions.ts';
import { sourceWeights } from './source-weights.ts';
import { fitsWithoutLesion } from './squamous-threshold.ts';

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
  /** To measure how they are answered; those without a dermatoscope are what the modality is fitted on. */
  readonly outside: readonly OutsideImage[];
  /** Folder of pictures that show no lesion. */
  readonly nonLesions: string;
  /** Path to the network's input, as serving prepares it. */
  readonly prepare: PrepareImage;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  readonly plan: Omit<CalibrationPlan, 'method' | 'squamous'>;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface ModelAssessment extends BuiltAssessment {
  /** The validation images, in their order. */
  readonly images: readonly AssessedImage[];
  /** The outside images, in their order. */
  readonly outside: readonly MeasuredImage[];
  /** One for each of them: what it is answered by, which no lesion of squamous cell carcinoma had its own part in. */
  readonly outsideFits: readonly FittedAssessment[];
  /** Where there were images of squamous cell carcinoma: how many, and the share that is called `routine`. */
  readonly squamous?: { readonly images: number; readonly routine: Measured };
  /** Where there were images without a dermatoscope to fit it on. */
  readonly modality?: ModalityFit | undefined;
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
  const { classifier, training, validation, outside, prepare, kernels, plan, seed, log } = model;
  const measureQuality = createQualityMeter(kernels);
  log('measuring the quality and the features of the validation images');
  const measured = await classifyAll(validation, prepare, async (rgb, index) => {
    const spoil = index % DEGRADED_EVERY === 0;
    return {
      ...(await classifier.logitsAndFeatures(rgb)),
      quality: measureQuality(rgb),
      spoilt: spoil
        ? await Promise.all(DEGRADATIONS.map(async (by) => measureQuality(await degrade(rgb, by))))
        : [],
    };
  });
  const degraded = new Map<Degradation, DegradedImages['qualities'][number][]>(
    DEGRADATIONS.map((degradation, i) => [
      degradation,
      measured.flatMap(({ spoilt }) => spoilt[i] ?? []),
    ]),
  );

  const chosen = chooseOfEachSource(training, plan.home, seed);
  log(`fitting the subspace of the features on ${chosen.length} training images`);
  const features = await classifyAll(
    chosen,
    prepare,
    async (rgb) => (await classifier.logitsAndFeatures(rgb)).features,
  );
  if (!(await tf.setBackend('wasm'))) throw new Error("tfjs's WebAssembly backend does not start");
  const subspace = fitFeatureSubspace(features);
  const residualDistance = createResidualDistance(subspace, kernels);

  const seen = [];
  for (const { use, kind, rgb } of await readNonLesions(model.nonLesions, prepare)) {
    seen.push({
      ...{ use, kind, quality: measureQuality(rgb) },
      ...(await classifier.logitsAndFeatures(rgb)),
    });
  }
  if (outside.length > 0) log(`measuring ${outside.length} images that are none of the classes`);
  const measuredOutside = await classifyAll(outside, prepare, async (rgb) => ({
    ...(await classifier.logitsAndFeatures(rgb)),
    quality: measureQuality(rgb),
  }));
  const dermoscopic = validation.map(
    ({ source, lesionId }, i): KindImage => ({
      kind: 'dermoscopic',
      ...{ source, lesionId, features: measured[i]!.features },
    }),
  );
  const notDermoscopic = outside.flatMap(({ modality, source, lesionId }, i) => {
    if (modality === 'dermoscopic') return [];
    const { features } = measuredOutside[i]!;
    return [{ kind: modality, source, lesionId, features, i }];
  });
  if (notDermoscopic.length > 0) log('fitting how images were taken');
  const modality =
    notDermoscopic.length > 0
      ? assessModality(
          [...dermoscopic, ...notDermoscopic],
          seen.flatMap(({ use, features }) =>
            use === 'choosing' ? [{ kind: 'no-skin' as const, source: use, features }] : [],
          ),
        )
      : undefined;
  const measureModality = modality && createModalityMeter(modality.model);
  const dermoscopicOf = (features: Float32Array) => measureModality?.(features).dermoscopic;

  const images = measured.map(({ logits, features, quality }, i): AssessedImage => {
    const { imageId, label, lesionId, source } = validation[i]!;
    const distance = residualDistance(features);
    const dermoscopic = modality?.heldOut[i];
    const dermoscopicUnseen = modality?.unseen[i];
    return {
      ...{ imageId, label, lesionId, source, logits, quality, distance },
      ...{ dermoscopic, dermoscopicUnseen },
    };
  });
  const heldOutOf = new Map(
    notDermoscopic.map(({ i }, k) => [i, modality!.heldOut[validation.length + k]!]),
  );
  const imagesOutside = measuredOutside.map(({ logits, features, quality }, i): MeasuredImage => {
    const { imageId, lesionId, source } = outside[i]!;
    const distance = residualDistance(features);
    const dermoscopic = heldOutOf.get(i) ?? dermoscopicOf(features);
    return { imageId, lesionId, source, logits, quality, distance, dermoscopic };
  });
  const squamous = imagesOutside.filter((_, i) => outside[i]!.squamous);
  const nonLesions = seen.map(({ use, kind, quality, logits, features }): MeasuredNonLesion => {
    const distance = residualDistance(features);
    return { use, kind, distance, logits, quality, dermoscopic: dermoscopicOf(features) };
  });

  log('fitting the assessment: ten times on nine tenths of the lesions, once on all');
  const built = buildAssessment({
    images,
    nonLesions,
    degraded: [...degraded].map(([degradation, qualities]) => ({ degradation, qualities })),
    split: 'validation',
    plan: { ...plan, squamous },
    seed,
  });
  log('measuring how squamous cell carcinoma is answered');
  const squamousFits = fitsWithoutLesion(squamous, built.fitted);
  const size = subspace.mean.length;
  return {
    ...built,
    images,
    outside: imagesOutside,
    outsideFits: imagesOutside.map(
      (image) => squamousFits[squamous.indexOf(image)] ?? built.fitted,
    ),
    modality,
    ...(squamous.length > 0 && {
      squamous: {
        images: squamous.length,
        routine: measuredShare(
          squamous.map((image, i) => {
            const fit = squamousFits[i]!;
            const served = scores(image.logits, fit.calibration);
            const answer = answerTo(image, served, fit, built.report.conformal.default);
            return { hit: isRoutine(answer), lesionId: image.lesionId };
          }),
          seed,
        ),
      },
    }),
    subspace: {
      bytes: serializeFeatureSubspace(subspace),
      features: size,
      components: subspace.basis.length / size,
    },
  };
}

/** Training images at random: of the home source half of them, of the others the same part of the rest, as far as there are any. */
function chooseOfEachSource(training: readonly Sample[], home: string, seed: number): Sample[] {
  const shuffled = createRandom(seed).shuffle([...training]);
  const weights = sourceWeights(shuffled, home);
  const all = new Map<string, number>();
  for (const { source } of shuffled) all.set(source, (all.get(source) ?? 0) + 1);
  const counts = new Map<string, number>();
  return shuffled.filter(({ source }, i) => {
    const taken = counts.get(source) ?? 0;
    const quota = Math.round((weights[i]! * all.get(source)! * SUBSPACE_IMAGES) / shuffled.length);
    counts.set(source, taken + 1);
    return taken < quota;
  });
}
