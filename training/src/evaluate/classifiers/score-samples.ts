import { scores } from '@naevus/shared/answer/probabilities';
import type { PrepareImage } from '../../data/decode/prepare-image.ts';
import type { UnreadableImage } from '../../data/load/data-error.ts';
import type { Sample } from '../../data/load/dataset.ts';
import type { ArtifactFolder } from '../../versions/artifact-folder.ts';
import { classifyImages } from './classify-images.ts';
import { createOnnxClassifier } from './onnx-classifier.ts';

export interface ScoredSamples {
  readonly results: readonly { readonly sample: Sample; readonly scores: readonly number[] }[];
  readonly unreadable: readonly UnreadableImage[];
  /** Engine and version that computed the scores. */
  readonly engine: string;
}

/**
 * Scores images with a version, as it would serve them.
 *
 * @param prepare path to the network's input: 224 * 224 * 3 RGB bytes, as serving prepares it
 */
export async function scoreSamples(
  { onnx, manifest }: Pick<ArtifactFolder, 'onnx' | 'manifest'>,
  samples: readonly Sample[],
  prepare: PrepareImage,
): Promise<ScoredSamples> {
  const classifier = await createOnnxClassifier(onnx);
  try {
    const { results, unreadable } = await classifyImages(samples, prepare, (rgb) =>
      classifier.logits(rgb),
    );
    return {
      results: results.map(({ image, result }) => ({
        sample: image,
        scores: scores(result, manifest.calibration),
      })),
      unreadable,
      engine: classifier.engine,
    };
  } finally {
    await classifier.close();
  }
}
