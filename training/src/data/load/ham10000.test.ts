import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { expect, it } from 'vitest';
import { digestLabels, HAM10000, ham10000Differences } from './ham10000.ts';

const sample = (imageId: string, label: Label, lesionId: string | null) =>
  ({ imageId, label, lesionId }) as Parameters<typeof ham10000Differences>[0]['samples'][number];

/** As many images and lesions as HAM10000 has, of its classes, under other names. */
const alike = () =>
  LABELS.flatMap((label) => Array<Label>(HAM10000.counts[label]!).fill(label)).map((label, i) =>
    sample(`image ${i}`, label, `lesion ${i % HAM10000.lesions}`),
  );

it('counts what is missing', () => {
  const [first, ...others] = alike();
  expect(ham10000Differences({ samples: others })).toEqual([
    '10014 images where HAM10000 has 10015',
    `${HAM10000.counts[first!.label]! - 1} of ${first!.label} where HAM10000 has ${HAM10000.counts[first!.label]}`,
  ]);
});

it('is not taken in by the right counts', () => {
  expect(ham10000Differences({ samples: alike() })).toEqual([
    expect.stringContaining('labels or lesions are not'),
  ]);
});

it('digests what there is in any order', () => {
  const [a, b] = [sample('a', 'nv', 'l'), sample('b', 'mel', null)];
  expect(digestLabels([a, b])).toBe(digestLabels([b, a]));
  expect(digestLabels([a, b])).not.toBe(digestLabels([a, sample('b', 'nv', null)]));
});
