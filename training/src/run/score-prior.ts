import { classCount, labels } from '../taxonomy/current.ts';
import { priorLogitBias } from './class-prior.ts';
import type { RunRecord } from './run-record.ts';

/** The class distributions that a version's scores may assume. */
export const SCORE_PRIORS = ['training', 'uniform'] as const;

export type ScorePrior = (typeof SCORE_PRIORS)[number];

export function isScorePrior(value: string): value is ScorePrior {
  return (SCORE_PRIORS as readonly string[]).includes(value);
}

/**
 * The run's record with scores that assume another class distribution than the training one, which it has
 * them assume: the posterior is re-weighted by Bayes' rule, a bias of log wanted − log training a class.
 */
export function withScorePrior(record: RunRecord, scorePrior: ScorePrior): RunRecord {
  if (scorePrior === 'training') return record;
  const wanted = 1 / classCount();
  const reweighting = priorLogitBias(
    labels().map((label) => record.prior[label]!),
    labels().map(() => wanted),
  );
  return {
    ...record,
    prior: Object.fromEntries(labels().map((label) => [label, wanted])),
    calibration: {
      ...record.calibration,
      logitBias: record.calibration.logitBias.map((bias, k) => bias + reweighting[k]!),
    },
  };
}
