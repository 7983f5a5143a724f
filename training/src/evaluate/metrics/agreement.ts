import { type ConfusionMatrix, classCounts } from './confusion-matrix.ts';

/**
 * Cohen's kappa, unweighted: agreement beyond chance (Cohen 1960). 1 at most, 0 for chance.
 * null where truth and predictions are all one and the same class, which leaves chance no room.
 */
export function cohenKappa(matrix: ConfusionMatrix): number | null {
  const { total, correct, chance } = margins(matrix);
  const disagreementByChance = total * total - chance;
  return disagreementByChance === 0 ? null : 1 - (total * (total - correct)) / disagreementByChance;
}

/**
 * Matthews correlation for several classes, R_K (Gorodkin 2004), in -1 .. 1.
 * null where all truth or all predictions are one class; scikit-learn says 0 there.
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): number | null {
  const { total, correct, chance, truthSquared, predictedSquared } = margins(matrix);
  const variances = (total * total - truthSquared) * (total * total - predictedSquared);
  return variances === 0 ? null : (correct * total - chance) / Math.sqrt(variances);
}

function margins(matrix: ConfusionMatrix) {
  const sums = { total: 0, correct: 0, chance: 0, truthSquared: 0, predictedSquared: 0 };
  for (const { truePositives, support, predicted } of classCounts(matrix)) {
    sums.total += support;
    sums.correct += truePositives;
    sums.chance += support * predicted;
    sums.truthSquared += support * support;
    sums.predictedSquared += predicted * predicted;
  }
  return sums;
}
