import type { Interval } from '../evaluate/metrics/bootstrap.ts';
import type { MetricsReport } from '../evaluate/metrics/metrics-report.ts';
import type { SubgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { RunRecord } from '../run/run-record.ts';
import {
  className,
  criticalName,
  criticalNames,
  hasCritical,
  labels,
} from '../taxonomy/current.ts';
import { type Table, table } from './document/blocks.ts';
import { cell, FEW, figure, grouped, shareCell } from './figure-text.ts';

// The tables that the page and the model card share: their figures cannot differ.

/** The figures of all classes together: as served, and decided under a uniform prior. */
export function headlineTable(report: MetricsReport): Table {
  const { metrics, intervals, uniformPriorDecision: uniform } = report;
  const { headline } = intervals;
  const row = (
    name: string,
    served: [number | null, Interval],
    decided?: [number | null, Interval],
  ) => [name, cell(...served), decided ? cell(...decided) : ''];
  return table(
    ['', 'scores as served', 'decided under a uniform prior'],
    [
      row(
        'accuracy',
        [metrics.accuracy, headline.accuracy],
        [uniform.accuracy, uniform.intervals.headline.accuracy],
      ),
      row(
        'balanced accuracy (mean recall of the classes)',
        [metrics.balancedAccuracy, headline.balancedAccuracy],
        [uniform.balancedAccuracy, uniform.intervals.headline.balancedAccuracy],
      ),
      row(
        'macro F1',
        [metrics.macro.f1.value, headline.macroF1],
        [uniform.macroF1, uniform.intervals.headline.macroF1],
      ),
      row('weighted F1', [metrics.weighted.f1.value, headline.weightedF1]),
      row('macro precision', [metrics.macro.precision.value, headline.macroPrecision]),
      row('macro AUC', [metrics.macro.auc.value, headline.macroAuc]),
      row('macro average precision', [
        metrics.macro.averagePrecision.value,
        headline.macroAveragePrecision,
      ]),
      row('log loss', [metrics.logLoss, headline.logLoss]),
      row('Brier score', [metrics.brier, headline.brier]),
      row('expected calibration error', [
        metrics.expectedCalibrationError,
        headline.expectedCalibrationError,
      ]),
      row('Matthews correlation', [metrics.matthewsCorrelation, headline.matthewsCorrelation]),
    ],
  );
}

/** Images a class on each side of the split, and the class distribution that the scores assume. */
export function countsTable({ counts, prior }: RunRecord): Table {
  const row = (name: string, side: RunRecord['counts']['train']) => {
    const values = labels().map((label) => side[label] ?? 0);
    const all = values.reduce((sum, count) => sum + count, 0);
    return [name, ...values.map(grouped), grouped(all)];
  };
  return table(
    ['', ...labels(), 'all'],
    [
      row('training images', counts.train),
      row('validation images', counts.validation),
      ['prior of the scores', ...labels().map((label) => prior[label]!.toFixed(3)), '1'],
    ],
  );
}

/** The figures of each class as served, and their averages. */
export function classesTable({ metrics, intervals }: MetricsReport): Table {
  const classes = metrics.perClass.map((m, k) => {
    const interval = intervals.perClass[k]!;
    return [
      `${labels()[k]} · ${className(labels()[k]!)}`,
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
  return table(
    ['class', 'images', 'precision', 'recall', 'F1', 'AUC', 'average precision'],
    [...classes, ...averages],
    'The highest score decides, as served.',
  );
}

/** The figures of each class when decisions assume that all classes are equally common. */
export function uniformPriorClassesTable({ metrics, uniformPriorDecision }: MetricsReport): Table {
  const rows = labels().map((label, k) => {
    const interval = uniformPriorDecision.intervals.perClass[k]!;
    return [
      label,
      grouped(metrics.perClass[k]!.support),
      cell(uniformPriorDecision.precision[k]!, interval.precision),
      cell(uniformPriorDecision.recall[k]!, interval.recall),
      cell(uniformPriorDecision.f1[k]!, interval.f1),
    ];
  });
  return table(
    ['class', 'images', 'precision', 'recall', 'F1'],
    rows,
    'Decided as if all classes were equally common: the highest ratio of score to prior. AUC is of the scores, not of decisions.',
  );
}

/** How to read {@link subgroupTables}. */
export function subgroupNote(): string {
  const criticals = criticalNames();
  const counts =
    criticals === undefined
      ? ''
      : ` Under ${FEW} ${criticals} the counts stand instead of the share.`;
  return `Groups differ in their classes and in how hard these are: what was followed up or agreed on without a biopsy is nearly all benign. Balanced accuracy is over the classes that a group has, and compares between groups only where those are the same. Where intervals overlap, no difference is shown.${counts}`;
}

/** One table an attribute of the metadata. */
export function subgroupTables({ attributes }: SubgroupReport): Table[] {
  return attributes.map(({ name, groups }) =>
    table(
      [
        name,
        'images',
        'lesions',
        'accuracy',
        'balanced accuracy',
        'the same, uniform prior',
        'classes',
        ...(hasCritical()
          ? [criticalNames()!, `${criticalName()} recall`, 'the same, uniform prior']
          : []),
      ],
      groups.map(({ name: group, images, lesions, classes, melanomas, figures: f }) => {
        const estimate = (name: keyof typeof f) => cell(f[name].value, f[name].interval);
        const ofCritical = (name: keyof typeof f) => shareCell(f[name], melanomas);
        return [
          group,
          grouped(images),
          grouped(lesions),
          estimate('accuracy'),
          estimate('balancedAccuracy'),
          estimate('balancedAccuracyUniformPrior'),
          String(classes.length),
          ...(hasCritical()
            ? [
                grouped(melanomas),
                ofCritical('melanomaRecall'),
                ofCritical('melanomaRecallUniformPrior'),
              ]
            : []),
        ];
      }),
    ),
  );
}
