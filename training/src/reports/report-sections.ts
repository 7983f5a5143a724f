import { LABELS, LESION_CLASSES } from '@naevus/shared/taxonomy';
import type { HeldOutReports } from '../evaluate/check-held-out.ts';
import type { Interval } from '../evaluate/metrics/bootstrap.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { ClassWeights } from '../run/class-weights.ts';
import type { History } from '../run/history.ts';
import type { RunRecord } from '../run/run-record.ts';
import { escapeMarkup } from './escape-markup.ts';
import { explanationSection } from './explanation-section.ts';
import { cell, FEW, figure, grouped, percent, shareCell } from './figure-text.ts';
import { htmlTable, paragraph, type ReportSection } from './report-page.ts';
import { ttaSection } from './tta-section.ts';

export interface SectionData {
  readonly record: RunRecord;
  readonly metrics: MetricsReport;
  readonly subgroups: SubgroupReport;
  readonly classWeights: ClassWeights;
  readonly history: History;
  readonly heldOut?: HeldOutReports | undefined;
  /** Address of a picture by its file name. */
  readonly pictureUrl: (name: string) => string;
}

/** The page's sections in their order. */
export function reportSections(data: SectionData): ReportSection[] {
  return [
    summary(data),
    classes(data),
    confusion(data),
    curves(data),
    calibration(data),
    subgroups(data),
    ...(data.heldOut ? [ttaSection(data.heldOut.tta)] : []),
    gallery(data),
    ...(data.heldOut
      ? [explanationSection(data.heldOut.explanations, (name, alt) => picture(data, name, alt))]
      : []),
    classWeights(data),
    training(data),
  ];
}

function summary({ record, metrics: report }: SectionData): ReportSection {
  const { metrics, intervals, uniformPriorDecision: uniform, data } = report;
  const { headline } = intervals;
  const both = (
    name: string,
    served: [number | null, Interval],
    decided?: [number | null, Interval],
  ) => [name, cell(...served), decided ? cell(...decided) : ''];
  return {
    id: 'summary',
    title: 'Summary',
    html: [
      paragraph(record.method),
      paragraph(
        `${grouped(data.images)} images of ${grouped(data.lesions)} lesions (${data.name}), none of which was trained on; ${report.engine}; seed ${record.seed}, commit ${record.codeCommit}. In brackets: 95 % bootstrap intervals over lesions, ${grouped(intervals.resamples)} resamples.`,
      ),
      htmlTable(
        ['', 'scores as served', 'decided under a uniform prior'],
        [
          both(
            'accuracy',
            [metrics.accuracy, headline.accuracy],
            [uniform.accuracy, uniform.intervals.headline.accuracy],
          ),
          both(
            'balanced accuracy',
            [metrics.balancedAccuracy, headline.balancedAccuracy],
            [uniform.balancedAccuracy, uniform.intervals.headline.balancedAccuracy],
          ),
          both(
            'macro F1',
            [metrics.macro.f1.value, headline.macroF1],
            [uniform.macroF1, uniform.intervals.headline.macroF1],
          ),
          both('weighted F1', [metrics.weighted.f1.value, headline.weightedF1]),
          both('macro precision', [metrics.macro.precision.value, headline.macroPrecision]),
          both('macro AUC', [metrics.macro.auc.value, headline.macroAuc]),
          both('macro average precision', [
            metrics.macro.averagePrecision.value,
            headline.macroAveragePrecision,
          ]),
          both('log loss', [metrics.logLoss, headline.logLoss]),
          both('Brier score', [metrics.brier, headline.brier]),
          both('expected calibration error', [
            metrics.expectedCalibrationError,
            headline.expectedCalibrationError,
          ]),
          both('Matthews correlation', [metrics.matthewsCorrelation, headline.matthewsCorrelation]),
        ],
      ),
      htmlTable(
        ['', ...LABELS, 'all'],
        [
          countRow(
            'training images',
            LABELS.map((label) => record.counts.train[label]),
          ),
          countRow(
            'validation images',
            LABELS.map((label) => record.counts.validation[label]),
          ),
          ['prior of the scores', ...LABELS.map((label) => record.prior[label].toFixed(3)), '1'],
        ],
      ),
    ].join('\n'),
  };
}

function countRow(name: string, counts: readonly number[]): string[] {
  return [name, ...counts.map(grouped), grouped(counts.reduce((sum, count) => sum + count, 0))];
}

function classes({
  metrics: { metrics, intervals, uniformPriorDecision },
}: SectionData): ReportSection {
  const served = metrics.perClass.map((m, k) => {
    const interval = intervals.perClass[k]!;
    return [
      `${LABELS[k]} · ${LESION_CLASSES[LABELS[k]!].name}`,
      grouped(m.support),
      cell(m.precision, interval.precision),
      cell(m.recall, interval.recall),
      cell(m.f1, interval.f1),
      cell(m.auc, interval.auc),
      cell(m.averagePrecision, interval.averagePrecision),
    ];
  });
  const averages = (['macro', 'weighted'] as const).map((kind) => {
    const a = metrics[kind];
    const h = intervals.headline;
    const intervalOf =
      kind === 'macro'
        ? [h.macroPrecision, h.macroRecall, h.macroF1, h.macroAuc, h.macroAveragePrecision]
        : [h.weightedPrecision, h.weightedRecall, h.weightedF1];
    const values = [a.precision, a.recall, a.f1, a.auc, a.averagePrecision];
    return [
      kind,
      grouped(metrics.samples),
      ...values.map(({ value }, i) => (intervalOf[i] ? cell(value, intervalOf[i]) : figure(value))),
    ];
  });
  const uniform = LABELS.map((label, k) => {
    const interval = uniformPriorDecision.intervals.perClass[k]!;
    return [
      label,
      grouped(metrics.perClass[k]!.support),
      cell(uniformPriorDecision.precision[k]!, interval.precision),
      cell(uniformPriorDecision.recall[k]!, interval.recall),
      cell(uniformPriorDecision.f1[k]!, interval.f1),
    ];
  });
  return {
    id: 'classes',
    title: 'Each class',
    html: [
      htmlTable(
        ['class', 'images', 'precision', 'recall', 'F1', 'AUC', 'average precision'],
        [...served, ...averages],
        'The highest score decides, as served.',
      ),
      htmlTable(
        ['class', 'images', 'precision', 'recall', 'F1'],
        uniform,
        'Decided as if all classes were equally common: the highest ratio of score to prior. AUC is of the scores, not of decisions.',
      ),
    ].join('\n'),
  };
}

function confusion(data: SectionData): ReportSection {
  return {
    id: 'confusion',
    title: 'Confusion',
    html: [
      picture(data, 'confusion-matrix.svg', 'Confusion matrix of the highest score'),
      picture(data, 'confusion-matrix-uniform-prior.svg', 'Confusion matrix under a uniform prior'),
    ].join('\n'),
  };
}

function curves(data: SectionData): ReportSection {
  return {
    id: 'curves',
    title: 'ROC and precision-recall curves',
    html: [
      picture(data, 'roc-curves.svg', 'ROC curve of each class against the rest'),
      picture(data, 'precision-recall-curves.svg', 'Precision-recall curve of each class'),
    ].join('\n'),
  };
}

function calibration(data: SectionData): ReportSection {
  const { metrics, intervals } = data.metrics;
  return {
    id: 'calibration',
    title: 'Calibration',
    html: [
      paragraph(
        `Expected calibration error of the top score: ${cell(metrics.expectedCalibrationError, intervals.headline.expectedCalibrationError)}.`,
      ),
      picture(data, 'reliability.svg', 'Share that is right against the top score'),
    ].join('\n'),
  };
}

function subgroups({ subgroups: report }: SectionData): ReportSection {
  const tables = report.attributes.map(({ name, groups }) =>
    htmlTable(
      [
        name,
        'images',
        'lesions',
        'accuracy',
        'balanced accuracy',
        'the same, uniform prior',
        'classes',
        'melanomas',
        'melanoma recall',
        'the same, uniform prior',
      ],
      groups.map(({ name: group, images, lesions, classes: present, melanomas, figures: f }) => {
        const estimate = (name: keyof typeof f) => cell(f[name].value, f[name].interval);
        const ofMelanomas = (name: keyof typeof f) => shareCell(f[name], melanomas);
        return [
          group,
          grouped(images),
          grouped(lesions),
          estimate('accuracy'),
          estimate('balancedAccuracy'),
          estimate('balancedAccuracyUniformPrior'),
          String(present.length),
          grouped(melanomas),
          ofMelanomas('melanomaRecall'),
          ofMelanomas('melanomaRecallUniformPrior'),
        ];
      }),
    ),
  );
  return {
    id: 'subgroups',
    title: 'Subgroups',
    html:
      tables.length === 0
        ? paragraph('The metadata say nothing about age, sex, site or how diagnoses were made.')
        : [
            paragraph(
              `Groups differ in their classes and in how hard these are: what was followed up or agreed on without a biopsy is nearly all naevi. Balanced accuracy is over the classes that a group has, and compares between groups only where those are the same. Where intervals overlap, nothing is shown to differ. Under ${FEW} melanomas the counts stand instead of the share.`,
            ),
            ...tables,
          ].join('\n'),
  };
}

function gallery(data: SectionData): ReportSection {
  return {
    id: 'gallery',
    title: 'Grad-CAM',
    html: [
      paragraph(
        'Validation images drawn at random, one a lesion, as the network sees them: squashed to a square. Beside each, what raised the score of the class that was answered. It shows where the network looked, not where a disease is. Photographs: ViDIR Group, Medical University of Vienna, CC BY-NC 4.0.',
      ),
      picture(
        data,
        'gradcam-gallery.svg',
        'A row of each class: right answers left, wrong ones right',
      ),
    ].join('\n'),
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
    html: [
      htmlTable(
        ['', ...LABELS],
        rows.flatMap(([name, values, format]) => (values ? [[name, ...values.map(format)]] : [])),
      ),
      paragraph(
        "Weights are from the training counts before any resampling, by scikit-learn's formula for 'balanced'. (The example weights 0.07 for nv and 72.7 for df that the published recipe quotes do not follow from its own counts: these give 0.0986 and 43.88 at the power 1.5.) The measured share is the mean loss of the class's validation images times how often training shows it.",
      ),
      picture(data, 'class-weights.svg', 'Counts, weights and shares of the loss'),
    ].join('\n'),
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
    html: [
      picture(data, 'training-curves.svg', 'Loss and validation figures by epoch'),
      ...(rows.length === 0
        ? []
        : [
            htmlTable(
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
    ].join('\n'),
  };
}

function picture({ pictureUrl }: SectionData, name: string, alt: string): string {
  return `<figure><img src="${escapeMarkup(pictureUrl(name))}" alt="${escapeMarkup(alt)}" loading="lazy"></figure>`;
}
