import { scores } from '@naevus/shared/answer/probabilities';
import type { PrepareImage } from '../data/decode/prepare-image.ts';
import type { Dataset, Sample } from '../data/load/dataset.ts';
import { pickSplit, type SplitSamples } from '../data/split/pick-samples.ts';
import { classifyAll } from '../evaluate/classifiers/classify-images.ts';
import { createOnnxClassifier } from '../evaluate/classifiers/onnx-classifier.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import { type RunReports, runReports } from './run-reports.ts';

export interface ValidationOptions {
  /** Its record's prior and calibration being those of the scores. */
  readonly run: FinishedRun;
  /** The run's network, exported. */
  readonly onnx: Uint8Array;
  readonly validation: readonly Sample[];
  readonly model: MetricsReport['model'];
  readonly prepare: PrepareImage;
  /** Where the images are from; none where nobody described them. */
  readonly sources: readonly TrainedSource[];
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
    const logits = await classifyAll(validation, prepare, classifier.logits);
    const images = validation.map((sample, i) => ({
      ...sample,
      scores: scores(logits[i]!, run.record.calibration),
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
      sources: options.sources,
    });
  } finally {
    await classifier.close();
  }
}

/**
 * The images of a run's split.
 *
 * @throws Error when these are not the run's data.
 */
export function samplesOfRun({ record, split }: FinishedRun, dataset: Dataset): SplitSamples {
  if (dataset.dataSha256 !== record.dataSha256) {
    throw new Error(
      `these are not the data of the run: their digest is ${dataset.dataSha256}, the run's ${record.dataSha256}`,
    );
  }
  return pickSplit(dataset, split);
}
