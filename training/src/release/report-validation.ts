import { scores } from '@naevus/shared/answer/probabilities';
import type { Dataset, Sample } from '../data/load/dataset.ts';
import type { Prepare } from '../evaluate/classifiers/classify-images.ts';
import { classifyImages, requireReadable } from '../evaluate/classifiers/classify-images.ts';
import { createOnnxClassifier } from '../evaluate/classifiers/onnx-classifier.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { type RunReports, runReports } from './run-reports.ts';

export interface ValidationOptions {
  /** Its record's prior and calibration being those of the scores. */
  readonly run: FinishedRun;
  /** The run's network, exported. */
  readonly onnx: Uint8Array;
  readonly validation: readonly Sample[];
  readonly model: MetricsReport['model'];
  readonly prepare: Prepare;
  readonly log: (line: string) => void;
}

/**
 * Scores the validation images with the exported network, as serving does, and reports on them.
 *
 * @throws Error when an image cannot be read.
 */
export async function reportValidation(options: ValidationOptions): Promise<RunReports> {
  const { run, validation, model, prepare, log } = options;
  log(`scoring all ${validation.length} validation images with the ONNX model`);
  const classifier = await createOnnxClassifier(options.onnx);
  try {
    const { results, unreadable } = await classifyImages(validation, prepare, (rgb) =>
      classifier.logits(rgb),
    );
    requireReadable(unreadable);
    const images = results.map(({ image, result }) => ({
      ...image,
      scores: scores(result, run.record.calibration),
    }));
    log('drawing the reports');
    return await runReports({
      run,
      model,
      engine: classifier.engine,
      images,
      show: async ({ path }) => {
        const rgb = await prepare(path);
        return { rgb, cam: await classifier.activationMaps(rgb) };
      },
    });
  } finally {
    await classifier.close();
  }
}

/**
 * The validation side of a run's split, in its order.
 *
 * @throws Error when these are not the run's data.
 */
export function validationSamples({ record, split }: FinishedRun, dataset: Dataset): Sample[] {
  if (dataset.dataSha256 !== record.dataSha256) {
    throw new Error(
      `these are not the data of the run: their digest is ${dataset.dataSha256}, the run's ${record.dataSha256}`,
    );
  }
  const sampleOf = new Map(dataset.samples.map((sample) => [sample.imageId, sample]));
  return split.validation.map((imageId) => {
    const sample = sampleOf.get(imageId);
    if (!sample) throw new Error(`the run's split names ${imageId}, which the data lack`);
    return sample;
  });
}
