import type { HeldOutReports } from '../evaluate/check-held-out.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { SimilarityReport } from '../evaluate/similarity/similarity-report.ts';
import type { ClassWeights } from '../run/class-weights.ts';
import type { History } from '../run/history.ts';
import type { RunRecord } from '../run/run-record.ts';
import type { TrainedSource } from '../run/trained-source.ts';
import { labels } from '../taxonomy/current.ts';
import { pictureAttribution } from './attribution.ts';
import { paragraph, picture, type ReportSection, table } from './document/blocks.ts';
import { explanationSection } from './explanation-section.ts';
import { cell, figure, grouped, percent } from './figure-text.ts';
import {
  classesTable,
  countsTable,
  headlineTable,
  subgroupNote,
  subgroupTables,
  uniformPriorClassesTable,
} from './metrics-tables.ts';
import { similaritySection } from './similarity-section.ts';
import { ttaSection } from './tta-section.ts';

export interface SectionData {
  readonly record: RunRecord;
  readonly metrics: MetricsReport;
  readonly subgroups: SubgroupReport;
  readonly classWeights: ClassWeights;
  readonly history: History;
  readonly heldOut?: HeldOutReports | undefined;
  readonly similarity?: SimilarityReport | undefined;
  readonly sources: readonly TrainedSource[];
}

/** The page's sections in their order. */
export function reportSections(data: SectionData): ReportSection[] {
  return [
    summary(data),
    classes(data),
    confusion(),
    curves(),
    calibration(data),
    subgroups(data),
    ...(data.heldOut ? [ttaSection(data.heldOut.tta)] : []),
    gallery(data),
    ...(data.heldOut ? [explanationSection(data.heldOut.explanations)] : []),
    ...(data.similarity ? [similaritySection(data.similarity)] : []),
    classWeights(data),
    training(data),
  ];
}

function summary({ record, metrics: report }: SectionData): ReportSection {
  const { intervals, data } = report;
  return {
    id: 'summary',
    title: 'Summary',
    blocks: [
      paragraph(record.method),
      paragraph(
        `${grouped(data.images)} images of ${grouped(data.lesions)} lesions (${data.name}), none of which was trained on; ${report.engine}; seed ${record.seed}, commit ${record.codeCommit}. In brackets: 95 % bootstrap intervals over lesions, ${grouped(intervals.resamples)} resamples.`,
      ),
      headlineTable(report),
      countsTable(record),
    ],
  };
}

function classes({ metrics }: SectionData): ReportSection {
  return {
    id: 'classes',
    title: 'Each class',
    blocks: [classesTable(metrics), uniformPriorClassesTable(metrics)],
  };
}

function confusion(): ReportSection {
  return {
    id: 'confusion',
    title: 'Confusion',
    blocks: [
      picture('confusion-matrix.svg', 'Confusion matrix of the highest score'),
      picture('confusion-matrix-uniform-prior.svg', 'Confusion matrix under a uniform prior'),
    ],
  };
}

function curves(): ReportSection {
  return {
    id: 'curves',
    title: 'ROC and precision-recall curves',
    blocks: [
      picture('roc-curves.svg', 'ROC curve of each class against the rest'),
      picture('precision-recall-curves.svg', 'Precision-recall curve of each class'),
    ],
  };
}

function calibration(data: SectionData): ReportSection {
  const { metrics, intervals } = data.metrics;
  return {
    id: 'calibration',
    title: 'Calibration',
    blocks: [
      paragraph(
        `Expected calibration error of the top score: ${cell(metrics.expectedCalibrationError, intervals.headline.expectedCalibrationError)}.`,
      ),
      picture('reliability.svg', 'Share that is right against the top score'),
    ],
  };
}

function subgroups({ subgroups: report }: SectionData): ReportSection {
  const tables = subgroupTables(report);
  return {
    id: 'subgroups',
    title: 'Subgroups',
    blocks:
      tables.length === 0
        ? [paragraph('The metadata say nothing about age, sex, site or how diagnoses were made.')]
        : [paragraph(subgroupNote()), ...tables],
  };
}

function gallery({ sources }: SectionData): ReportSection {
  return {
    id: 'gallery',
    title: 'Grad-CAM',
    blocks: [
      paragraph(
        `Validation images drawn at random, one a lesion, as the network sees them: squashed to a square. Beside each, what raised the score of the class that was answered. It shows where the network looked, not where a disease is. ${pictureAttribution(sources)}`,
      ),
      picture('gradcam-gallery.svg', 'A row of each class: right answers left, wrong ones right'),
    ],
  };
}

function classWeights(data: SectionData): ReportSection {
  const { counts, balanced, power_1_5, used } = data.classWeights;
  const weight = (value: number) => value.toPrecision(3);
  const rows: [string, readonly number[] | undefined, (value: number) => string][] = [
    ['training images', counts, grouped],
    ['balanced: n / (classes · count)', balanced, weight],
    ['balanced to the power 1.5', power_1_5, weight],
    ['used: factor of an image in the loss', used.weights, weight],
    ['share of the images shown', used.shareOfImages, percent],
    ['share of the loss, all images as hard', used.shareOfLossWeight, percent],
    ['share of the loss at the end, measured', used.shareOfLossAtEnd, percent],
  ];
  return {
    id: 'class-weights',
    title: 'Class weights',
    blocks: [
      table(
        ['', ...labels()],
        rows.flatMap(([name, values, format]) => (values ? [[name, ...values.map(format)]] : [])),
      ),
      paragraph(
        "Weights are from the training counts before any resampling, by scikit-learn's formula for 'balanced'. (The example weights 0.07 for nv and 72.7 for df that the published recipe quotes do not follow from its own counts: these give 0.0986 and 43.88 at the power 1.5.) The measured share is the mean loss of the class's validation images times how often training shows it.",
      ),
      picture('class-weights.svg', 'Counts, weights and shares of the loss'),
    ],
  };
}

function training(data: SectionData): ReportSection {
  const rows = data.history.flatMap(({ phase, epoch, loss, validation }) => {
    if (!validation) return [];
    const value = (key: string) => {
      const found = validation[key];
      return typeof found === 'number' ? figure(found) : '–';
    };
    return [
      [
        `${phase} ${epoch}`,
        figure(loss),
        value('accuracy'),
        value('macroF1'),
        value('macroAuc'),
        value('balancedAccuracy'),
        value('balancedAccuracyUniformPrior'),
      ],
    ];
  });
  return {
    id: 'training',
    title: 'Training',
    blocks: [
      picture('training-curves.svg', 'Loss and validation figures by epoch'),
      ...(rows.length === 0
        ? []
        : [
            table(
              [
                'epoch',
                'training loss',
                'accuracy',
                'macro F1',
                'macro AUC',
                'balanced accuracy',
                'the same, uniform prior',
              ],
              rows,
              'Epochs after which the validation images were scored.',
            ),
          ]),
    ],
  };
}
