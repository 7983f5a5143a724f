import type { AnswerHistograms } from '@naevus/shared/monitoring/histograms';
import { DRIFT_QUANTITIES, type DriftQuantity } from '@naevus/shared/monitoring/quantities';
import { chiSquareCritical, chiSquareSurvival } from './chi-square.ts';
import { binnedKolmogorovSmirnov, kolmogorovSurvival } from './kolmogorov-smirnov.ts';
import {
  EXPECTED_IN_BIN,
  expectedStability,
  joinCounts,
  joinRare,
  joinToTenths,
  populationStability,
} from './population-stability.ts';
import type { DriftReference, ReferenceHalves } from './reference.ts';

/**
 * Where a change begins to matter, and where it is large: rules of thumb of credit scoring (Siddiqi 2006,
 * chapter 8; Yurdakul 2018, section 1), with no theory behind them. They are held against what is left of the
 * index when chance's part is taken off.
 */
export const MODERATE_SHIFT = 0.1;
export const LARGE_SHIFT = 0.25;

/** Of calling chance a change, over all tests of one comparison together (shared out by Bonferroni). */
export const FALSE_ALARMS = 0.01;

/** Below it tenths of the reference should hold fewer than five images each, and nothing is told. */
export const FEWEST_IMAGES = 10 * EXPECTED_IN_BIN;

/** How much a quantity has changed: not more than chance explains, measurably but little, ... */
export type Change = 'none' | 'small' | 'moderate' | 'large';

export interface QuantityComparison {
  /** `labels`: the labels that the highest scores stand for. */
  readonly quantity: DriftQuantity | 'labels';
  readonly images: number;
  readonly change: Change;
  /** Population stability index in `bins` joined bins. */
  readonly psi: number;
  readonly bins: number;
  /** What the index is on average when nothing has changed. */
  readonly expectedPsi: number;
  /** Probability of such an index when nothing has changed. */
  readonly psiP: number;
  /** At least so large is the Kolmogorov-Smirnov distance, and chance at most that likely; not of labels. */
  readonly ks?: { readonly distance: number; readonly p: number };
  /** Images that it takes to tell a change of the threshold from chance; null: no number does. */
  readonly imagesNeeded: number | null;
}

export interface DriftComparison {
  readonly verdict: 'no-drift' | 'drift' | 'cannot-tell';
  readonly images: number;
  readonly referenceImages: number;
  readonly threshold: number;
  /** Each p is held against it. */
  readonly significance: number;
  /** Images that it takes to say that there is no drift; null where the reference is too small for any. */
  readonly imagesNeeded: number | null;
  /** The largest change first. */
  readonly quantities: readonly QuantityComparison[];
}

/**
 * Compares what a server answered with what its version answers to the validation images.
 *
 * A quantity has drifted where chance does not explain the difference (by the index or by the
 * Kolmogorov-Smirnov distance) and the index exceeds what it is by chance by the threshold. Chance is that of
 * images that come several to a lesion: what independent images would give is multiplied by what halves of
 * the reference, dealt by lesion, differ more than that (as Rao and Scott's first correction of chi-square
 * tests, 1981, does with a design effect).
 *
 * @param threshold of the index, above 0
 */
export function compareWithReference(
  reference: DriftReference,
  window: AnswerHistograms,
  threshold = MODERATE_SHIFT,
): DriftComparison {
  const compared = DRIFT_QUANTITIES.filter(
    (name) => reference.quantities[name] !== undefined && sum(window.quantities[name] ?? []) > 0,
  );
  // An index and a distance of each, and the index of the labels.
  const significance = FALSE_ALARMS / (2 * compared.length + 1);
  const decide = { threshold, significance };
  const rows: QuantityComparison[] = [];
  if (window.images > 0) {
    const { counts, halves } = reference.labels;
    const joined = joinRare(counts, window.images);
    rows.push(compare('labels', counts, window.labels, joined, halves, decide));
  }
  for (const name of compared) {
    const { counts, halves } = reference.quantities[name]!;
    const joined = joinToTenths(counts);
    rows.push(compare(name, counts, window.quantities[name]!, joined, halves, decide));
  }
  const needed = rows.map((row) => row.imagesNeeded ?? Number.POSITIVE_INFINITY);
  const imagesNeeded = Math.max(FEWEST_IMAGES, ...needed);
  const drifted = rows.some(({ change }) => change === 'moderate' || change === 'large');
  const told = window.images >= FEWEST_IMAGES;
  return {
    verdict:
      told && drifted
        ? 'drift'
        : told && rows.every((row) => row.images >= imagesNeeded)
          ? 'no-drift'
          : 'cannot-tell',
    images: window.images,
    referenceImages: reference.images,
    ...decide,
    imagesNeeded: Number.isFinite(imagesNeeded) ? imagesNeeded : null,
    quantities: rows.sort((a, b) => b.psi - b.expectedPsi - (a.psi - a.expectedPsi)),
  };
}

function compare(
  quantity: QuantityComparison['quantity'],
  reference: readonly number[],
  window: readonly number[],
  joined: readonly number[],
  halves: ReferenceHalves,
  { threshold, significance }: { readonly threshold: number; readonly significance: number },
): QuantityComparison {
  const [n, m] = [sum(window), sum(reference)];
  const inflation = halves.expected > 0 ? Math.max(1, halves.mean / halves.expected) : 1;
  const noise = inflation * (1 / n + 1 / m);
  const bins = Math.max(...joined) + 1;
  const psi = populationStability(joinCounts(reference, joined), joinCounts(window, joined));
  const expectedPsi = inflation * expectedStability(bins, n, m);
  const psiP = bins > 1 ? chiSquareSurvival(psi / noise, bins - 1) : 1;
  const ordered = quantity !== 'labels';
  const distance = ordered ? binnedKolmogorovSmirnov(reference, window) : 0;
  const ksP = ordered ? kolmogorovSurvival(distance, 1 / noise) : 1;

  const excess = psi - expectedPsi;
  const byChance = Math.min(psiP, ksP) >= significance;
  const change = byChance
    ? 'none'
    : excess < threshold
      ? 'small'
      : excess < Math.max(threshold, LARGE_SHIFT)
        ? 'moderate'
        : 'large';
  return {
    quantity,
    images: n,
    change,
    psi,
    bins,
    expectedPsi,
    psiP,
    ...(ordered && { ks: { distance, p: ksP } }),
    imagesNeeded: imagesNeeded(bins, m, inflation, threshold, significance),
  };
}

/** Images of a window in which an index that exceeds its mean by the threshold is beyond chance. */
function imagesNeeded(
  bins: number,
  references: number,
  inflation: number,
  threshold: number,
  significance: number,
): number | null {
  if (bins < 2) return 0;
  const beyondMean = chiSquareCritical(significance, bins - 1) - (bins - 1);
  const inverse = threshold / (inflation * beyondMean) - 1 / references;
  return inverse > 0 ? Math.ceil(1 / inverse) : null;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
