import { type ColourModel, expandFeatures } from '@naevus/shared/image/lesion-colour';
import { solvePositiveDefinite } from './solve-positive-definite.ts';

/** Features of some pictures, and how much each of them counts. */
export interface WeightedFeatures {
  readonly features: readonly (readonly number[])[];
  /** Of all of them together. */
  readonly weight: number;
}

/** Added to the sum of squares of the weights, so that no weight grows without bounds. */
const RIDGE = 1e-4;
const MOST_STEPS = 50;
const CONVERGED = 1e-6;

/**
 * Fits a {@link ColourModel} by Newton's method (Hastie et al., "The Elements of Statistical Learning", section 4.4.1).
 *
 * @param lesions as cameras give them
 * @param changed images of lesions whose colours were changed
 */
export function fitColourModel(
  lesions: readonly WeightedFeatures[],
  changed: WeightedFeatures,
): ColourModel {
  const scale = deviations(lesions[0]!.features);
  const rows = [...lesions.map((group) => ({ ...group, target: 0 })), { ...changed, target: 1 }];
  const samples = rows.flatMap(({ features, weight, target }) =>
    features.map((own) => ({
      terms: expandFeatures(own, scale),
      weight: weight / features.length,
      target,
    })),
  );
  const size = samples[0]!.terms.length;
  const weights = new Array<number>(size).fill(0);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = weights.map((weight) => RIDGE * weight);
    const hessian = weights.map((_, i) => weights.map((_, j) => (i === j ? RIDGE : 0)));
    for (const { terms, weight, target } of samples) {
      const odds = terms.reduce((sum, term, i) => sum + term * weights[i]!, 0);
      const probability = 1 / (1 + Math.exp(-odds));
      const slope = weight * (probability - target);
      const curve = weight * probability * (1 - probability);
      for (let i = 0; i < size; i++) {
        gradient[i]! += slope * terms[i]!;
        const row = hessian[i]!;
        const factor = curve * terms[i]!;
        for (let j = 0; j < size; j++) row[j]! += factor * terms[j]!;
      }
    }
    const change = solvePositiveDefinite(hessian, gradient);
    for (let i = 0; i < size; i++) weights[i]! -= change[i]!;
    if (Math.max(...change.map(Math.abs)) < CONVERGED) break;
  }
  return { ...scale, weights };
}

function deviations(features: readonly (readonly number[])[]) {
  const mean = features[0]!.map(
    (_, i) => features.reduce((sum, own) => sum + own[i]!, 0) / features.length,
  );
  const deviation = mean.map((centre, i) =>
    Math.sqrt(features.reduce((sum, own) => sum + (own[i]! - centre) ** 2, 0) / features.length),
  );
  return { mean, deviation };
}
