import type { QualityMeasure } from '@naevus/shared/image/image-quality';

/**
 * Why an assessment is what it is. The list is fixed. The first of a pair of the same meaning is what versions with
 * HAM10000's classes say: `squamous-` and `unseen-not-excluded`, `melanoma-` and `critical-not-excluded`.
 */
export const REASON_CODES = [
  'far-above-threshold',
  'above-threshold',
  'below-threshold',
  'raised-by-patient',
  'squamous-not-excluded',
  'unseen-not-excluded',
  'melanoma-not-excluded',
  'critical-not-excluded',
  'no-typical-class',
  'photo-more-urgent',
  'photos-left-out',
  'not-dermoscopic',
  'out-of-distribution',
  'too-elongated',
  'not-sharp',
  'too-dark',
  'too-bright',
  'over-or-underexposed',
  'no-lesion-visible',
  'lesion-too-small',
  'lesion-too-large',
  'hair-or-ruler',
  'unusual-colours',
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** What it means when a measure of quality is below its least value, or above its greatest. */
export const QUALITY_REASONS: Readonly<
  Record<QualityMeasure, { readonly low: ReasonCode; readonly high: ReasonCode }>
> = {
  sharpness: { low: 'not-sharp', high: 'not-sharp' },
  brightness: { low: 'too-dark', high: 'too-bright' },
  clipped: { low: 'over-or-underexposed', high: 'over-or-underexposed' },
  lesion_contrast: { low: 'no-lesion-visible', high: 'no-lesion-visible' },
  lesion_area: { low: 'lesion-too-small', high: 'lesion-too-large' },
  hair: { low: 'hair-or-ruler', high: 'hair-or-ruler' },
  colour: { low: 'unusual-colours', high: 'unusual-colours' },
};

/** The reasons that an answer abstains for. */
export const ABSTENTION_REASONS: readonly ReasonCode[] = [
  'not-dermoscopic',
  'out-of-distribution',
  'too-elongated',
  ...Object.values(QUALITY_REASONS).flatMap(({ low, high }) => [low, high]),
];
