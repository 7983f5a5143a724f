import { createRandom } from '@naevus/shared/statistics/random';
import { labels } from '../../taxonomy/current.ts';
import { countLabels } from '../load/count-labels.ts';
import type { Dataset, Sample } from '../load/dataset.ts';
import type { Fingerprints } from './fingerprint.ts';
import { groupSamples, type SampleGroup, type SampleGroups } from './sample-groups.ts';
import type { Split } from './split-schema.ts';

export type { Split };

export interface SplitOptions {
  readonly seed: number;
  /**
   * Share of the images that validation gets, between 0 and 1, where a source's definition does not say it; 0.2 by
   * default.
   */
  readonly validationFraction?: number;
  /**
   * A split of some of the images that is kept: what it trained on is trained on; what it validated on is validated
   * on still, but for groups that it had images of on both sides, which are trained on now.
   */
  readonly base?: Pick<Split, 'train' | 'validation'>;
}

/**
 * Splits by source, by class and by lesion: each class's images of a source are divided in the same proportion,
 * and all images of a lesion or a photograph are on one side ({@link groupSamples}). Both sides keep the sources'
 * own class distributions. The same data and seed give the same split, whatever the order
 * of the samples.
 *
 * @throws RangeError for a fraction out of range, a sample without fingerprint, or so few groups
 *   that a side stays empty.
 */
export function splitDataset(
  dataset: Dataset,
  fingerprints: Fingerprints,
  { seed, validationFraction = 0.2, base }: SplitOptions,
): Split {
  if (!(validationFraction > 0 && validationFraction < 1)) {
    throw new RangeError(`validationFraction is between 0 and 1, not ${validationFraction}`);
  }
  const grouping = groupSamples(dataset.samples, fingerprints);
  const { train, validation, rest } = keptSides(grouping.groups, base);
  for (const [source, groups] of bySource(rest)) {
    const own = dataset.sources.find(({ name }) => name === source)?.validationFraction;
    const fraction = own ?? validationFraction;
    const [trained, validated] = divide(groups, [1 - fraction, fraction], seed);
    train.push(...trained!);
    validation.push(...validated!);
  }
  return describe(dataset, grouping, seed, train, validation);
}

/** The sides that another split decides, and the groups that it has no image of. */
function keptSides(groups: readonly SampleGroup[], base: SplitOptions['base']) {
  const trained = new Set(base?.train);
  const validated = new Set(base?.validation);
  const train: Sample[] = [];
  const validation: Sample[] = [];
  const rest: SampleGroup[] = [];
  for (const group of groups) {
    const has = (ids: ReadonlySet<string>) => group.samples.some(({ imageId }) => ids.has(imageId));
    if (has(trained)) train.push(...group.samples);
    else if (has(validated)) validation.push(...group.samples);
    else rest.push(group);
  }
  return { train, validation, rest };
}

/** Groups by their source, the sources in the order of their first group. */
export function bySource(groups: readonly SampleGroup[]): Map<string, SampleGroup[]> {
  const sources = new Map<string, SampleGroup[]>();
  for (const group of groups) {
    const own = sources.get(group.source);
    if (own) own.push(group);
    else sources.set(group.source, [group]);
  }
  return sources;
}

/** The split in a few lines, for people. */
export function describeSplit({ counts, groups, train, validation }: Split): string {
  const shares = labels().map(
    (label) => `${label} ${counts.train[label]}/${counts.validation[label]}`,
  );
  const lines = [
    `${train.length} images to train, ${validation.length} to validate (${shares.join(', ')})`,
    `${groups.total} groups of ${groups.lesions} lesions and ${groups.images_without_lesion} images without one; ` +
      `${groups.byte_identical_pairs} pairs with the same bytes, ${groups.same_picture_pairs} with the same picture, ` +
      `${groups.pairs_across_lesions} of them across lesion ids`,
  ];
  if (groups.mixed_labels > 0) {
    lines.push(
      `${groups.mixed_labels} groups hold images with different labels: kept on one side, labels unchanged. Check them.`,
    );
  }
  return lines.join('\n');
}

/**
 * Divides groups into parts with the given shares of each class's images: the largest groups
 * first, each to the part that lacks most of its share; groups of one size in random order.
 */
export function divide(
  groups: readonly SampleGroup[],
  shares: readonly number[],
  seed: number,
): Sample[][] {
  const random = createRandom(seed);
  const totals = countLabels(groups.flatMap(({ samples }) => samples));
  const parts = shares.map((share) => ({
    samples: [] as Sample[],
    target: Object.fromEntries(labels().map((label) => [label, share * totals[label]!])),
    lacking: Object.fromEntries(labels().map((label) => [label, share * totals[label]!])),
  }));
  // Rarest class first: a group of several classes is settled before the classes it also counts to.
  for (const label of labels().sort((a, b) => totals[a]! - totals[b]!)) {
    const stratum = random.shuffle(groups.filter((group) => group.stratum === label));
    stratum.sort((a, b) => b.samples.length - a.samples.length);
    for (const { samples } of stratum) {
      const [neediest] = [...parts].sort(
        (a, b) =>
          b.lacking[label]! / b.target[label]! - a.lacking[label]! / a.target[label]! ||
          b.target[label]! - a.target[label]! ||
          a.samples.length - b.samples.length,
      );
      neediest!.samples.push(...samples);
      for (const sample of samples) neediest!.lacking[sample.label]!--;
    }
  }
  const empty = parts.findIndex(({ samples }) => samples.length === 0);
  if (empty !== -1) {
    throw new RangeError(
      `${groups.length} groups of images are too few to divide into ${shares.length} parts`,
    );
  }
  return parts.map(({ samples }) => samples);
}

/** What a split's file says of two sides. */
export function describe(
  dataset: Dataset,
  { groups, duplicates }: SampleGroups,
  seed: number,
  train: readonly Sample[],
  validation: readonly Sample[],
): Split {
  const lesionOf = new Map(dataset.samples.map(({ imageId, lesionId }) => [imageId, lesionId]));
  const ids = (samples: readonly Sample[]) => samples.map(({ imageId }) => imageId).sort();
  const lesions = dataset.samples.flatMap(({ lesionId }) => lesionId ?? []);
  const across = duplicates.filter(({ first, second }) => {
    const lesion = lesionOf.get(first) ?? null;
    return lesion === null || lesion !== lesionOf.get(second);
  });
  const ofKind = (kind: 'bytes' | 'picture') => duplicates.filter((pair) => pair.kind === kind);
  return {
    seed,
    data_sha256: dataset.dataSha256,
    train: ids(train),
    validation: ids(validation),
    counts: { train: countLabels(train), validation: countLabels(validation) },
    groups: {
      total: groups.length,
      lesions: new Set(lesions).size,
      images_without_lesion: dataset.samples.length - lesions.length,
      byte_identical_pairs: ofKind('bytes').length,
      same_picture_pairs: ofKind('picture').length,
      pairs_across_lesions: across.length,
      mixed_labels: groups.filter(({ mixedLabels }) => mixedLabels).length,
    },
  };
}
