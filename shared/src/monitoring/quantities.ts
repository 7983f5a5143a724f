import { malignantScore } from '../answer/operating-point.ts';
import { type ImageQuality, QUALITY_MEASURES } from '../image/image-quality.ts';
import { hasRisks, type Taxonomy } from '../taxonomy/taxonomy.ts';

/** Of what histograms are kept, one number an answer. */
export const DRIFT_QUANTITIES = [
  'top_score',
  'malignant_score',
  'entropy',
  'distance',
  ...QUALITY_MEASURES,
] as const;

export type DriftQuantity = (typeof DRIFT_QUANTITIES)[number];

/** The quantities that scores alone give. */
export function scoreQuantities(taxonomy: Taxonomy): DriftQuantity[] {
  return hasRisks(taxonomy)
    ? ['top_score', 'malignant_score', 'entropy']
    : ['top_score', 'entropy'];
}

/** In words, as they are for a help text. */
export const DRIFT_QUANTITY_TEXTS: Readonly<Record<DriftQuantity, string>> = {
  top_score: 'Highest score of an image, by the version’s own prior.',
  malignant_score: 'Scores of the malignant and premalignant classes of an image together.',
  entropy: 'Entropy of the scores of an image: 0 (sure) to 1 (all classes alike).',
  distance: 'Distance of an image from those that were trained on.',
  sharpness: 'Sharpness of an image: 0 (blurred) to 1.',
  brightness: 'Mean light of an image: 0 (black) to 1 (white).',
  clipped: 'Share of an image that is as good as black or white.',
  lesion_contrast: 'Difference in light between the lesion and its surroundings.',
  lesion_area: 'Share of the middle of an image that the lesion takes.',
  hair: 'Share of an image on thin dark lines.',
  colour: 'How unlike those of skin lesions the colours of an image are: below 0 for most lesions.',
};

/**
 * Upper edges of the bins, ascending, each belonging to the bin below it; one more bin lies above the last.
 * Server, reference and comparison count in these and no others: a change makes every reference worthless
 * that was made before. They are fine where validation images of version 0.3.0 are many (at most 9 % of them
 * in a bin, but for values that are exactly 0), so that about ten equal parts can be made of any of them.
 */
export const DRIFT_EDGES: Readonly<Record<DriftQuantity, readonly number[]>> = {
  // biome-ignore format: a table
  top_score: [
    0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.92, 0.94,
    0.95, 0.96, 0.965, 0.97, 0.975, 0.98, 0.9825, 0.985, 0.9875, 0.99, 0.9925, 0.995, 0.9975, 0.999, 0.9995,
  ],
  // biome-ignore format: a table
  malignant_score: [
    0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01, 0.0115, 0.013, 0.015, 0.0175,
    0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99,
  ],
  // biome-ignore format: a table
  entropy: [
    0.005, 0.01, 0.02, 0.03, 0.035, 0.04, 0.045, 0.05, 0.055, 0.06, 0.07, 0.08, 0.1, 0.125, 0.15, 0.175, 0.2,
    0.225, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9,
  ],
  // biome-ignore format: a table
  distance: [
    0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.21, 0.22,
    0.23, 0.24, 0.25, 0.26, 0.28, 0.3, 0.32, 0.34, 0.36, 0.38, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7,
  ],
  // biome-ignore format: a table
  sharpness: [
    0.2, 0.25, 0.3, 0.35, 0.4, 0.42, 0.44, 0.46, 0.48, 0.5, 0.52, 0.54, 0.56, 0.58, 0.6, 0.61, 0.62, 0.63,
    0.64, 0.65, 0.66, 0.67, 0.68, 0.69, 0.7, 0.71, 0.72, 0.74, 0.76, 0.78, 0.8, 0.85, 0.9,
  ],
  // biome-ignore format: a table
  brightness: [
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.38, 0.4, 0.42, 0.44, 0.46, 0.48, 0.5, 0.52, 0.54, 0.55, 0.56,
    0.57, 0.58, 0.59, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.68, 0.7, 0.72, 0.74, 0.77, 0.8, 0.85, 0.9,
  ],
  // biome-ignore format: a table
  clipped: [
    0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.075, 0.1, 0.15, 0.2,
    0.3, 0.5,
  ],
  // biome-ignore format: a table
  lesion_contrast: [
    0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13, 0.14, 0.16, 0.17, 0.18, 0.19,
    0.2, 0.22, 0.24, 0.25, 0.26, 0.28, 0.3, 0.32, 0.34, 0.36, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7,
  ],
  // biome-ignore format: a table
  lesion_area: [
    0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.09, 0.1, 0.115, 0.13, 0.14, 0.15, 0.17, 0.19, 0.2, 0.22, 0.24,
    0.25, 0.28, 0.3, 0.33, 0.36, 0.38, 0.4, 0.43, 0.45, 0.48, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9,
  ],
  // biome-ignore format: a table
  hair: [
    0, 0.0001, 0.0002, 0.0004, 0.0006, 0.0008, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.0035, 0.004, 0.005,
    0.006, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
  ],
  // Not -1: prom-client takes that edge for none. Of version 0.5.0's training images 1 in 100 is above -1.25.
  // biome-ignore format: a table
  colour: [
    -11, -10, -9, -8.5, -8.2, -7.9, -7.6, -7.4, -7.2, -7, -6.85, -6.7, -6.55, -6.4, -6.2, -6, -5.8, -5.6, -5.4,
    -5.2, -5, -4.75, -4.5, -4.25, -4, -3.75, -3.5, -3, -2.5, -2, -1.25, -0.5, 0.5, 2, 4, 8,
    16, 32,
  ],
};

/** What is known of an answer; without measurements where the version has no assessment. */
export interface CountedAnswer {
  /** Calibrated, by the version's own prior, whatever prior the caller asked for. */
  readonly scores: readonly number[];
  readonly measurements?: { readonly quality: ImageQuality; readonly distance: number } | undefined;
}

/** What the histograms count of an answer. */
export interface AnswerMeasures {
  /** Of the highest score. */
  readonly label: string;
  readonly values: Readonly<Partial<Record<DriftQuantity, number>>>;
}

/** The only place that makes the quantities of an answer: for the server's histograms and for the reference. */
export function measureAnswer(
  { scores, measurements }: CountedAnswer,
  taxonomy: Taxonomy,
): AnswerMeasures {
  const top = Math.max(...scores);
  const malignant = malignantScore(scores, taxonomy);
  return {
    label: taxonomy.classes[scores.indexOf(top)]!.label,
    values: {
      top_score: top,
      ...(malignant !== undefined && { malignant_score: malignant }),
      entropy: normalizedEntropy(scores),
      ...(measurements && { distance: measurements.distance, ...measurements.quality }),
    },
  };
}

/** Shannon's entropy of probabilities, divided by its largest value, log of their number: 0 to 1. */
function normalizedEntropy(probabilities: readonly number[]): number {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log(p);
  return Math.max(0, sum / Math.log(probabilities.length));
}
