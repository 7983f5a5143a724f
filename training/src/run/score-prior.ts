import { CLASS_COUNT, LABELS, type Label } from '@naevus/shared/taxonomy';
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
  const wanted = 1 / CLASS_COUNT;
  const reweighting = priorLogitBias(
    LABELS.map((label) => record.prior[label]),
    LABELS.map(() => wanted),
  );
  return {
    ...record,
    prior: Object.fromEntries(LABELS.map((label) => [label, wanted])) as Record<Label, number>,
    calibration: {
      ...record.calibration,
      logitBias: record.calibration.logitBias.map((bias, k) => bias + reweighting[k]!),
    },
  };
}
