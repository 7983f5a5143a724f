import { scores } from '@naevus/shared/answer/probabilities';
import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import type { RunRecord } from './run-record.ts';
import { withScorePrior } from './score-prior.ts';

const shares = [0.03, 0.05, 0.11, 0.01, 0.11, 0.67, 0.02];
const prior = Object.fromEntries(LABELS.map((label, k) => [label, shares[k]])) as Record<
  Label,
  number
>;
// Only what the function reads.
const record = {
  prior,
  calibration: {
    method: 'none',
    temperature: 1,
    logitBias: shares.map((share) => Math.log(share)),
  },
} as unknown as RunRecord;
const logits = [0.3, -1, 2, 0, 1.5, 2.5, -0.7];

it('leaves the training prior as it is', () => {
  expect(withScorePrior(record, 'training')).toBe(record);
});

it('re-weights the posterior by Bayes: scores over the training shares, normalized', () => {
  const uniform = withScorePrior(record, 'uniform');
  const ratios = scores(logits, record.calibration).map((score, k) => score / shares[k]!);
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
  scores(logits, uniform.calibration).forEach((score, k) => {
    expect(score).toBeCloseTo(ratios[k]! / total, 12);
  });
  expect(Object.values(uniform.prior)).toEqual(LABELS.map(() => 1 / 7));
});
