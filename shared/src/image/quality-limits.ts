import { type ImageQuality, QUALITY_MEASURES, type QualityMeasure } from './image-quality.ts';

/** Bounds that nearly all lesions of the validation data keep, for the measures that have any. */
export type QualityLimits = {
  readonly [M in QualityMeasure]?:
    | { readonly min?: number | undefined; readonly max?: number | undefined }
    | undefined;
};

/**
 * Limits of measures that are younger than a version's manifest: those of version 0.5.0's validation images, fitted as
 * an export fits them. What a manifest has itself counts instead.
 */
export const LIMITS_OF_OLDER_VERSIONS: QualityLimits = { colour: { max: 0.372 } };

export interface QualityCheck {
  readonly check: QualityMeasure;
  readonly value: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly passed: boolean;
}

/** Holds an image's quality against the limits; measures without a limit are left out. */
export function checkQuality(quality: ImageQuality, limits: QualityLimits): QualityCheck[] {
  return QUALITY_MEASURES.flatMap((check) => {
    const limit = limits[check];
    if (limit === undefined) return [];
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limit;
    const value = quality[check];
    return [{ check, value, ...limit, passed: value >= min && value <= max }];
  });
}
