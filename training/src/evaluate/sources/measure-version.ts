import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { createQualityMeter } from '@naevus/shared/image/image-quality';
import { createResampler } from '@naevus/shared/image/resampler';
import { createResidualDistance, loadFeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { folderSource } from '@naevus/shared/model/folder-source';
import type { Manifest } from '@naevus/shared/model/manifest';
import { createModalityMeter, loadModalityModel } from '@naevus/shared/model/modality';
import { imagePreparation } from '../../data/decode/prepare-image.ts';
import type { UnreadableImage } from '../../data/load/data-error.ts';
import type { ImageFile } from '../../data/load/dataset.ts';
import type { ArtifactFolder } from '../../versions/artifact-folder.ts';
import { type Answer, type AnsweringFit, answerTo } from '../assessment/answered-image.ts';
import { classifyImages } from '../classifiers/classify-images.ts';
import { createOnnxClassifier } from '../classifiers/onnx-classifier.ts';

export interface MeasuredVersion<I> {
  readonly results: readonly {
    readonly image: I;
    readonly scores: readonly number[];
    /** null for a version without an assessment. */
    readonly answer: Answer | null;
  }[];
  readonly unreadable: readonly UnreadableImage[];
  /** Engine and version that computed the scores. */
  readonly engine: string;
}

/**
 * Answers images with a version as it serves them: its geometry, its scores, and all that they are assessed by.
 *
 * @param kernels `@naevus/shared/kernels.wasm`
 * @throws ArtifactError when a file of the version is not what its manifest says
 */
export async function measureVersion<I extends ImageFile>(
  { folder, manifest, onnx }: ArtifactFolder,
  images: readonly I[],
  kernels: WebAssembly.Module,
): Promise<MeasuredVersion<I>> {
  const source = folderSource(folder);
  const subspace = await loadFeatureSubspace(source, manifest);
  const modalityModel = await loadModalityModel(source, manifest);
  const residualDistance = subspace && createResidualDistance(subspace, kernels);
  const measureModality = modalityModel && createModalityMeter(modalityModel);
  const measureQuality = createQualityMeter(kernels);
  const fit = answeringFit(manifest);
  const classifier = await createOnnxClassifier(onnx);
  const prepare = imagePreparation(createResampler(kernels), manifest.preprocessing.crop);
  const calibration: Calibration = manifest.calibration;
  try {
    const { results, unreadable } = await classifyImages(images, prepare, async (rgb) => {
      if (!fit || !residualDistance) {
        return { scores: scores(await classifier.logits(rgb), calibration), answer: null };
      }
      const { logits, features } = await classifier.logitsAndFeatures(rgb);
      const served = scores(logits, calibration);
      const measured = {
        quality: measureQuality(rgb),
        distance: residualDistance(features),
        dermoscopic: measureModality?.(features).dermoscopic,
      };
      const { default: conformity } = manifest.assessment!.conformal;
      return { scores: served, answer: answerTo(measured, served, fit, conformity) };
    });
    return {
      results: results.map(({ image, result }) => ({ image, ...result })),
      unreadable,
      engine: classifier.engine,
    };
  } finally {
    await classifier.close();
  }
}

/** What a version's answers are assessed by; undefined where it has no assessment. */
function answeringFit({
  assessment,
  thresholds,
}: Pick<Manifest, 'assessment' | 'thresholds'>): AnsweringFit | undefined {
  if (assessment === undefined) return undefined;
  const numbers = (rows: readonly (readonly (number | null)[])[]) =>
    rows.map((row) => row.map((value) => value ?? Number.POSITIVE_INFINITY));
  const { lac, raps } = assessment.conformal.quantiles;
  return {
    quantiles: { lac: numbers(lac), raps: numbers(raps) },
    thresholds: thresholds as AnsweringFit['thresholds'],
    qualityLimits: assessment.quality.limits,
    distanceThreshold: assessment.outOfDistribution.threshold,
    modalityThreshold: assessment.modality?.threshold,
    squamousThreshold: assessment.triage.squamous?.threshold,
  };
}
