import { createHash } from 'node:crypto';
import { CLASS_COUNT, LABELS, type Label } from '@naevus/shared/taxonomy';
import { countLabels } from './count-labels.ts';
import { byImageId, type Dataset, type Sample } from './dataset.ts';

/** What HAM10000's training set is, whichever copy: the images of Kaggle's archive and of Harvard's Dataverse alike. */
export const HAM10000 = {
  images: 10_015,
  lesions: 7470,
  counts: { akiec: 327, bcc: 514, bkl: 1099, df: 115, mel: 1113, nv: 6705, vasc: 142 },
  /** {@link digestLabels}. */
  labelsSha256: 'b050c7c30edfa5ad4b1eadc1afa07429be051a652ed4e5dec34d0eac53b8c847',
} as const satisfies {
  images: number;
  lesions: number;
  counts: Record<Label, number>;
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
  for (const label of LABELS) expect(`of ${label}`, counts[label], HAM10000.counts[label]);
  expect('lesions', new Set(samples.map(({ lesionId }) => lesionId)).size, HAM10000.lesions);
  if (faults.length === 0 && digestLabels(samples) !== HAM10000.labelsSha256) {
    faults.push(
      `the counts of all ${CLASS_COUNT} classes are HAM10000's, but its labels or lesions are not`,
    );
  }
  return faults;
}
