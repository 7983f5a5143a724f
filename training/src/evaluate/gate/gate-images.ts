import type { Manifest } from '@naevus/shared/model/manifest';
import type { Split } from '../../data/split/split-schema.ts';

/** An image that neither model was trained on, with what each makes of it. */
export interface GateImage {
  readonly imageId: string;
  readonly label: string;
  readonly lesionId: string | null;
  /** Other columns of the metadata by lower-case name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** As served, in the order of the labels. */
  readonly candidate: readonly number[];
  /** Undefined where there is nothing to compare with. */
  readonly current?: readonly number[];
}

/** One of the two models, as far as its version's folder tells. */
export interface GateModel {
  readonly manifest: Manifest;
  /** Digest of the manifest. */
  readonly sha256: string;
  readonly split: Split;
}

/** Least share of the current version's validation images that a candidate must have kept for validation. */
const LEAST_COMMON_SHARE = 0.9;

/**
 * The images to compare two models on: those that both kept for validation. A candidate may have left some out,
 * because their lesions turned out to be in training under another id, or validate on other sources besides.
 *
 * @returns image ids, sorted
 * @throws Error when the candidate kept fewer than {@link LEAST_COMMON_SHARE} of the current version's
 */
export function comparableImages(candidate: GateModel, current: GateModel | undefined): string[] {
  const wanted = [...candidate.split.validation].sort();
  if (wanted.length === 0)
    throw new Error('the candidate has no validation images to be judged on');
  if (!current) return wanted;
  const kept = new Set(current.split.validation);
  const common = wanted.filter((id) => kept.has(id));
  if (common.length >= LEAST_COMMON_SHARE * kept.size) return common;
  const { version } = current.manifest;
  const trainedOn = new Set(current.split.train);
  const seen = wanted.filter((id) => trainedOn.has(id)).length;
  throw new Error(
    `${candidate.manifest.version} kept ${common.length} of the ${kept.size} validation images of ${version}, too few to compare` +
      (seen > 0 ? `: ${version} was trained on ${seen} of the candidate's ${wanted.length}` : '') +
      `. Train with --split and the split.json of ${version}, so that they compare`,
  );
}
