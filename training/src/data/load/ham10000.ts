import { createHash } from 'node:crypto';
import { classCount } from '../../taxonomy/current.ts';
import { countLabels } from './count-labels.ts';
import { byImageId, type Dataset, type Sample } from './dataset.ts';
import { HAM10000_COUNTS } from './ham10000-counts.ts';

/** What HAM10000's training set is, whichever copy: the images of Kaggle's archive and of Harvard's Dataverse alike. */
export const HAM10000 = {
  images: 10_015,
  lesions: 7470,
  counts: HAM10000_COUNTS,
  /** {@link digestLabels}. */
  labelsSha256: 'b050c7c30edfa5ad4b1eadc1afa07429be051a652ed4e5dec34d0eac53b8c847',
} as const satisfies {
  images: number;
  lesions: number;
  counts: Readonly<Record<string, number>>;
  labelsSha256: string;
};

/** One digest of which images there are, with which diagnosis, of which lesion, whatever their files' bytes. */
export function digestLabels(
  samples: readonly Pick<Sample, 'imageId' | 'label' | 'lesionId'>[],
): string {
  const hash = createHash('sha256');
  for (const { imageId, label, lesionId } of [...samples].sort(byImageId)) {
    hash.update(`${JSON.stringify([imageId, label, lesionId])}\n`);
  }
  return hash.digest('hex');
}

/**
 * What of a data set is not HAM10000's.
 *
 * @returns a line each; empty where all is
 */
export function ham10000Differences({ samples }: Pick<Dataset, 'samples'>): string[] {
  const faults: string[] = [];
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) faults.push(`${found} ${what} where HAM10000 has ${wanted}`);
  };
  const counts = countLabels(samples);
  expect('images', samples.length, HAM10000.images);
  for (const [label, count] of Object.entries(HAM10000_COUNTS))
    expect(`of ${label}`, counts[label] ?? 0, count);
  expect('lesions', new Set(samples.map(({ lesionId }) => lesionId)).size, HAM10000.lesions);
  if (faults.length === 0 && digestLabels(samples) !== HAM10000.labelsSha256) {
    faults.push(
      `the counts of all ${classCount()} classes are HAM10000's, but its labels or lesions are not`,
    );
  }
  return faults;
}
