import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CALIBRATION_BINS } from './calibration-error.ts';
import { type ClassificationReport, classificationReport } from './classification-report.ts';
import { precisionRecallCurve } from './precision-recall-curve.ts';
import { rankSamples } from './ranking.ts';
import { rocCurve } from './roc.ts';

type Maybe = number | null;
type Averages = Record<'precision' | 'recall' | 'f1' | 'auc' | 'averagePrecision', Maybe>;

interface ReferenceCase {
  truth: number[];
  probabilities: number[][];
  predicted?: number[];
  expected: Record<'precision' | 'recall' | 'f1' | 'auc' | 'averagePrecision', Maybe[]> & {
    accuracy: number;
    balancedAccuracy: number;
    support: number[];
    macro: Averages;
    weighted: Averages;
    confusion: number[][];
    logLoss: number;
    brier: number;
    expectedCalibrationError: number;
    binSamples: number[];
    cohenKappa: Maybe;
    matthewsCorrelation: Maybe;
  };
  curves: {
    class: number;
    roc: Record<'falsePositiveRate' | 'truePositiveRate' | 'threshold', Maybe[]>;
    precisionRecall: Record<'precision' | 'recall' | 'threshold', Maybe[]>;
  }[];
}

const reference: { cases: Record<string, ReferenceCase> } = JSON.parse(
  readFileSync(new URL('./fixtures/reference-metrics.json', import.meta.url), 'utf8'),
);

function expectClose(actual: readonly Maybe[], expected: readonly Maybe[], tolerance: number) {
  expect(actual.map((v) => v === null)).toEqual(expected.map((v) => v === null));
  for (const [i, value] of expected.entries()) {
    if (value !== null) expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance);
  }
}

const METRICS = ['precision', 'recall', 'f1', 'auc', 'averagePrecision'] as const;

describe.each(Object.entries(reference.cases))('scikit-learn, %s', (_, reference) => {
  const { truth, probabilities, predicted, expected } = reference;
  const report = classificationReport(truth, probabilities, predicted && { predicted });

  it('per class', () => {
    for (const metric of METRICS) {
      expectClose(
        report.perClass.map((c) => c[metric]),
        expected[metric],
        1e-12,
      );
    }
    expect(report.perClass.map((c) => c.support)).toEqual(expected.support);
    expect(report.confusion).toEqual(expected.confusion);
  });

  it('averages, and over how many classes', () => {
    for (const kind of ['macro', 'weighted'] as const) {
      for (const metric of METRICS) {
        expectClose([report[kind][metric].value], [expected[kind][metric]], 1e-12);
      }
    }
    for (const metric of METRICS) {
      const defined = expected[metric].filter((v) => v !== null).length;
      expect(report.macro[metric].classes).toBe(defined);
    }
  });

  it('over all samples', () => {
    const scalars = [
      'accuracy',
      'balancedAccuracy',
      'logLoss',
      'brier',
      'expectedCalibrationError',
      'cohenKappa',
      'matthewsCorrelation',
    ] as const;
    for (const metric of scalars) expectClose([report[metric]], [expected[metric]], 1e-12);
    expect(report.samples).toBe(truth.length);
  });

  it('bins of the reliability diagram', () => {
    expect(report.calibrationBins.map((bin) => bin.samples)).toEqual(expected.binSamples);
    const error = report.calibrationBins.reduce(
      (sum, { samples, accuracy, confidence }) =>
        sum + (samples === 0 ? 0 : samples * Math.abs(accuracy! - confidence!)),
      0,
    );
    expect(error / truth.length).toBeCloseTo(expected.expectedCalibrationError, 12);
  });

  it('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it.each(reference.curves)('curves of class $class', ({ class: k, roc, precisionRecall }) => {
    const ranking = rankSamples(truth, (i) => probabilities[i]![k]!, k);
    const rocPoints = rocCurve(ranking)!;
    for (const axis of ['falsePositiveRate', 'truePositiveRate', 'threshold'] as const) {
      expectClose(
        rocPoints.map((p) => p[axis]),
        roc[axis],
        1e-12,
      );
    }
    const points = precisionRecallCurve(ranking)!;
    for (const axis of ['precision', 'recall', 'threshold'] as const) {
      expectClose(
        points.map((p) => p[axis]),
        precisionRecall[axis],
        1e-12,
      );
    }
  });
});

describe('classificationReport', () => {
  it('has no curve where a class has no samples, or no others', () => {
    const ranking = (truth: number[]) => rankSamples(truth, (i) => [0.2, 0.7][i]!, 1);
    expect(rocCurve(ranking([0, 0]))).toBeNull();
    expect(rocCurve(ranking([1, 1]))).toBeNull();
    expect(precisionRecallCurve(ranking([0, 0]))).toBeNull();
    expect(precisionRecallCurve(ranking([1, 1]))).not.toBeNull();
  });

  it('takes the first of equal scores, as numpy does', () => {
    const { confusion } = classificationReport(
      [1, 0],
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    );
    expect(confusion).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('puts a score on a bin edge into the bin below it', () => {
    for (let edge = 8; edge <= CALIBRATION_BINS; edge++) {
      const score = edge / CALIBRATION_BINS;
      const { calibrationBins } = classificationReport([0], [[score, 1 - score]]);
      expect(calibrationBins.findIndex((bin) => bin.samples === 1)).toBe(edge - 1);
    }
  });

  it.each<[string, number[], number[][], number[] | undefined, RegExp]>([
    ['nothing', [], [], undefined, /no samples/],
    ['other lengths', [0, 1], [[0.5, 0.5]], undefined, /2 true classes but 1 rows/],
    ['a class out of range', [2], [[0.5, 0.5]], undefined, /row 0: true class 2/],
    ['a decision out of range', [1], [[0.5, 0.5]], [-1], /row 0: predicted class -1/],
    ['too few decisions', [1], [[0.5, 0.5]], [], /but 0 predicted/],
    [
      'NaN',
      [0, 0],
      [
        [0.5, 0.5],
        [Number.NaN, 1],
      ],
      undefined,
      /row 1: NaN is not a probability/,
    ],
    ['logits', [0], [[3, -2]], undefined, /row 0: 3 is not/],
    ['no distribution', [0], [[0.5, 0.4]], undefined, /row 0: the scores sum to 0.9/],
    ['ragged rows', [0, 0], [[0.5, 0.5], [1]], undefined, /row 1: 1 scores where row 0 has 2/],
    ['one class', [0], [[1]], undefined, /two classes/],
  ])('refuses %s', (_, truth, probabilities, predicted, message) => {
    expect(() => classificationReport(truth, probabilities, predicted && { predicted })).toThrow(
      message,
    );
  });
});

const golden = new URL('../../../../../shared/golden/metrics.json', import.meta.url);
if (!existsSync(golden)) {
  console.warn(`SKIPPED: metrics against the golden values, ${golden.pathname} is not there`);
}

describe.skipIf(!existsSync(golden))('golden values of 400 predictions', () => {
  it('agree to 1e-6', () => {
    const values = JSON.parse(readFileSync(golden, 'utf8'));
    const report: ClassificationReport = classificationReport(values.truth, values.probabilities);
    const perClass = (metric: (typeof METRICS)[number]) => report.perClass.map((c) => c[metric]);
    expectClose([report.accuracy], [values.accuracy], 1e-6);
    expectClose([report.balancedAccuracy], [values.balanced_accuracy], 1e-6);
    expectClose([report.macro.f1.value], [values.macro_f1], 1e-6);
    expectClose([report.weighted.f1.value], [values.weighted_f1], 1e-6);
    expectClose(perClass('precision'), values.precision, 1e-6);
    expectClose(perClass('recall'), values.recall, 1e-6);
    expectClose(perClass('f1'), values.f1, 1e-6);
    expectClose(perClass('auc'), values.auc_ovr, 1e-6);
    expectClose(perClass('averagePrecision'), values.average_precision, 1e-6);
    expect(report.perClass.map((c) => c.support)).toEqual(values.support);
    expect(report.confusion).toEqual(values.confusion_rows_truth);
    expectClose([report.macro.auc.value], [values.macro_auc_ovr], 1e-6);
    expectClose([report.logLoss], [values.log_loss], 1e-6);
    expectClose([report.brier], [values.brier], 1e-6);
    expectClose([report.expectedCalibrationError], [values.ece], 1e-6);
    expectClose([report.cohenKappa], [values.cohen_kappa], 1e-6);
    expectClose([report.matthewsCorrelation], [values.mcc], 1e-6);
  });
});
