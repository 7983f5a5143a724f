import { scores } from '@naevus/shared/answer/probabilities';
import type { Dataset } from '../data/load/dataset.ts';
import type { OutsideImage } from '../data/load/outside-images.ts';
import type { SplitSamples } from '../data/split/pick-samples.ts';
import { type Answer, answerTo } from '../evaluate/assessment/answered-image.ts';
import type { ModelAssessment } from '../evaluate/assessment/assess-model.ts';
import type { DescribedImage } from '../evaluate/metrics/subgroups.ts';
import { withReportThreads } from '../evaluate/report-threads.ts';
import { measureVersion } from '../evaluate/sources/measure-version.ts';
import { ownLesions } from '../evaluate/sources/own-lesions.ts';
import type { AnsweredImage } from '../evaluate/sources/source-figures.ts';
import type { SourcesMeasured } from '../reports/sources-section.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { ArtifactFolder } from '../versions/artifact-folder.ts';

/** The home source: where the scores' prior and calibration are from. */
export function homeOf({ sources }: Pick<Dataset, 'sources'>): string {
  return sources[0]?.name ?? '';
}

export interface SourcesUnderReport {
  readonly dataset: Dataset;
  readonly samples: SplitSamples;
  /** The validation images with their scores. */
  readonly images: readonly DescribedImage[];
  readonly outside?: readonly OutsideImage[];
  readonly home: string;
  /** Its prior being that of the scores. */
  readonly record: RunRecord;
  readonly assessment: ModelAssessment;
  readonly previous?: ArtifactFolder;
  readonly kernels: WebAssembly.Module;
  readonly log: (line: string) => void;
}

/** How a version does on each source, and what it answers to images that it was not made for. */
export type ReportsBySource = SourcesMeasured;

/**
 * Measures the validation side by source, by fits that each image's lesion had no part in, beside the version before
 * as that one is served.
 *
 * @throws Error when an image cannot be read
 */
export async function reportSources(options: SourcesUnderReport): Promise<ReportsBySource> {
  const { dataset, samples, home, record, assessment, previous, kernels, log } = options;
  const { validation } = samples;
  const { images, heldOutFits, heldOutScores, report, outsideFits } = assessment;
  const conformity = report.conformal.default;
  const answered = images.map((image, i): AnsweredImage => {
    const { imageId, label, lesionId, source } = image;
    const answer = answerTo(image, heldOutScores[i]!, heldOutFits[i]!, conformity);
    const flaggedShare = assessment.heldOutFlagged[i]!;
    return { imageId, label, lesionId, source, answer, flaggedShare };
  });
  const before = previous && (await answersBefore(previous, validation, kernels, log));
  log('measuring each source');
  const own = ownLesions(dataset.samples);
  const abroad = options.images.filter(
    (_, i) => images[i]!.source !== home && own.has(images[i]!.imageId),
  );
  const { outside = [] } = options;
  const outsideImages = outside.map(({ source, modality, diagnosis, lesionId }, i) => {
    const image = assessment.outside[i]!;
    const fit = outsideFits[i]!;
    const served = scores(image.logits, fit.calibration);
    const answer = answerTo(image, served, fit, conformity);
    return { source, modality, diagnosis, lesionId, answer };
  });
  const [sources, subgroupsAbroad, outsideFigures] = await withReportThreads((compute) =>
    Promise.all([
      compute('sourceReport', {
        images: answered,
        ...(before && {
          previous: {
            version: previous.manifest.version,
            images: answered.map(({ flaggedShare: _, ...image }, i) => ({
              ...image,
              answer: before[i]!,
            })),
          },
          previousPrior: previous.manifest.prior.probabilities,
        }),
        sources: dataset.sources,
        home,
        own,
        prior: record.prior,
        seed: record.seed,
      }),
      abroad.length > 0
        ? compute('subgroupReport', abroad, record.prior, { seed: record.seed })
        : undefined,
      outsideImages.length > 0 ? compute('outsideReport', outsideImages, record.seed) : undefined,
    ]),
  );
  return {
    sources,
    subgroupsAbroad,
    modality: report.modality,
    squamous:
      assessment.squamous && assessment.fitted.squamousThreshold !== undefined
        ? { threshold: assessment.fitted.squamousThreshold, ...assessment.squamous }
        : undefined,
    outside: outsideFigures,
  };
}

/** @returns undefined for a version that has no assessment */
async function answersBefore(
  previous: ArtifactFolder,
  validation: SplitSamples['validation'],
  kernels: WebAssembly.Module,
  log: (line: string) => void,
): Promise<Answer[] | undefined> {
  log(`answering the same images with ${previous.manifest.version}`);
  const { results, unreadable } = await measureVersion(previous, validation, kernels);
  const [first] = unreadable;
  if (first) throw new Error(`${first.path} cannot be read: ${first.reason}`);
  const answers = results.flatMap(({ answer }) => answer ?? []);
  return answers.length === results.length ? answers : undefined;
}
