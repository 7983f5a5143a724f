import { expect, it } from 'vitest';
import { classificationReport } from './classification-report.ts';
import { decisionFigures } from './decision-figures.ts';

it('agrees with the whole report, also where a class is missing', () => {
  const truth = [0, 0, 1, 1, 1, 3, 3];
  const predicted = [0, 1, 1, 1, 0, 3, 0];
  const probabilities = truth.map(() => [0.25, 0.25, 0.25, 0.25]);
  const report = classificationReport(truth, probabilities, { predicted });
  const figures = decisionFigures(report.confusion);
  expect(figures).toEqual({
    accuracy: report.accuracy,
    balancedAccuracy: report.balancedAccuracy,
    macroF1: report.macro.f1.value,
    perClass: report.perClass.map(({ precision, recall, f1 }) => ({ precision, recall, f1 })),
  });
  expect(figures.accuracy).toBeCloseTo(4 / 7, 12);
});
