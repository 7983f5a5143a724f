import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { HeldOutReports } from '../evaluate/check-held-out.ts';
import { chooseGallery } from '../evaluate/explanations/choose-gallery.ts';
import { measuredLossShares } from '../evaluate/metrics/loss-shares.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { DescribedImage, SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import { withReportThreads } from '../evaluate/report-threads.ts';
import type { SimilarityReport } from '../evaluate/similarity/similarity-report.ts';
import { reportJson } from '../files/report-json.ts';
import { explanationPictures } from '../reports/charts/explanation-charts.ts';
import { type GallerySource, gradcamGallery } from '../reports/charts/gradcam-gallery.ts';
import { reportPictures } from '../reports/charts/report-pictures.ts';
import { reportPage } from '../reports/document/report-page.ts';
import { reportSections } from '../reports/report-sections.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { RUN_FILES } from '../run/run-record.ts';
import type { TrainedSource } from '../run/trained-source.ts';

export interface ReportInput<I extends DescribedImage> {
  /** Its record's prior and calibration being those of the scores. */
  readonly run: FinishedRun;
  readonly model: MetricsReport['model'];
  /** Engine and version that computed the scores. */
  readonly engine: string;
  /** The validation images with their scores. */
  readonly images: readonly I[];
  /** What the gallery shows of an image. */
  readonly show: (image: I) => Promise<GallerySource>;
  /** Where they were measured. */
  readonly heldOut?: HeldOutReports | undefined;
  readonly similarity?: SimilarityReport | undefined;
  /** Where the images are from; none where nobody described them. */
  readonly sources: readonly TrainedSource[];
}

export interface RunReports {
  readonly metrics: MetricsReport;
  readonly subgroups: SubgroupReport;
  /** File name to content: JSON, SVG, and `report.html`, which shows the pictures that lie beside it. */
  readonly files: ReadonlyMap<string, string>;
  /** The same page with the pictures inside, so that it can go anywhere alone. */
  readonly singlePage: string;
}

export const REPORT_PAGE = 'report.html';

/** Right and wrong images a class in the gallery. */
const GALLERY_EACH = 3;

/** Everything that is reported of a run's validation. The same input gives the same text. */
export async function runReports<I extends DescribedImage>(
  input: ReportInput<I>,
): Promise<RunReports> {
  const { run, images, model, engine, heldOut, similarity, sources } = input;
  const { record, history } = run;
  const { seed, prior, calibration } = record;
  const [metrics, subgroups] = await withReportThreads((compute) =>
    Promise.all([
      compute('metricsReport', images, {
        model,
        engine,
        data: { name: 'validation side of the split', sha256: record.dataSha256, unreadable: [] },
        prior,
        calibration,
        seed,
      }),
      compute('subgroupReport', images, prior, { seed }),
    ]),
  );
  // A fitted calibration hides the logits that the loss saw.
  const shareOfLossAtEnd =
    calibration.method === 'none'
      ? measuredLossShares(images, run.classWeights, calibration)
      : undefined;
  const classWeights = {
    ...run.classWeights,
    used: { ...run.classWeights.used, ...(shareOfLossAtEnd && { shareOfLossAtEnd }) },
  };

  const pictures = await reportPictures({ metrics, images, classWeights, history });
  const subtitle = `${model.name} ${model.version}; beside each image what raised the class that was answered`;
  const gallery = chooseGallery(images, { each: GALLERY_EACH, seed });
  pictures.set('gradcam-gallery.svg', await gradcamGallery(gallery, subtitle, input.show));

  if (heldOut) {
    for (const [name, svg] of await explanationPictures(heldOut.explanations, model)) {
      pictures.set(name, svg);
    }
  }

  const sections = reportSections({
    ...{ record, metrics, subgroups, classWeights, history, heldOut, similarity, sources },
  });
  const page = (pictureUrl: (name: string) => string) =>
    reportPage(`Report: ${model.name} ${model.version}`, DISCLAIMER, sections, pictureUrl);
  const files = new Map([
    ['metrics.json', reportJson(metrics)],
    ['subgroups.json', reportJson(subgroups)],
    [RUN_FILES.classWeights, reportJson(classWeights)],
    ...(similarity ? [['similarity.json', reportJson(similarity)] as const] : []),
    ...(heldOut
      ? ([
          ['test-time-augmentation.json', reportJson(heldOut.tta)],
          ['explanations.json', reportJson(heldOut.explanations)],
        ] as const)
      : []),
    ...pictures,
    [REPORT_PAGE, page((name) => name)],
  ]);
  const inside = (name: string) =>
    `data:image/svg+xml;base64,${Buffer.from(pictures.get(name)!).toString('base64')}`;
  return { metrics, subgroups, files, singlePage: page(inside) };
}
