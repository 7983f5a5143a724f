import { LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { CONTEXT } from './fixtures/scored-images.ts';
import { type DescribedImage, subgroupReport } from './subgroups.ts';

let made = 0;
/** An image of `label` for which `answer` gets nearly all of the score. */
function image(label: Label, answer: Label, metadata: Record<string, string>): DescribedImage {
  return {
    imageId: `ISIC_${made}`,
    label,
    lesionId: `HAM_${made++}`,
    scores: LABELS.map((other) => (other === answer ? 0.94 : 0.01)),
    metadata,
  };
}

const report = (images: readonly DescribedImage[]) =>
  subgroupReport(images, CONTEXT.prior, { seed: 1, resamples: 100 });
const groupsOf = (images: readonly DescribedImage[], attribute: string) =>
  report(images).attributes.find(({ name }) => name === attribute)?.groups ?? [];

describe('subgroupReport', () => {
  it('scores each group on its own', () => {
    const images = [
      image('mel', 'mel', { sex: 'male' }),
      image('mel', 'nv', { sex: 'male' }),
      image('nv', 'nv', { sex: 'male' }),
      image('mel', 'mel', { sex: 'Female ' }),
    ];
    const [female, male] = groupsOf(images, 'sex');
    expect(female).toMatchObject({ name: 'female', images: 1, melanomas: 1, classes: ['mel'] });
    expect(female!.figures.accuracy.value).toBe(1);
    expect(male).toMatchObject({ name: 'male', images: 3, lesions: 3, melanomas: 2 });
    expect(male!.figures.accuracy.value).toBeCloseTo(2 / 3);
    expect(male!.figures.melanomaRecall.value).toBe(0.5);
    expect(male!.figures.balancedAccuracy.value).toBe(0.75);
    const { low, high } = male!.figures.accuracy.interval;
    expect(low!).toBeLessThan(2 / 3);
    expect(high!).toBe(1);
  });

  it('decides under a uniform prior too', () => {
    // Naevi are 6.6 times as common as melanomas: 0.2 for melanoma is more than 0.76 for a naevus.
    const scores = LABELS.map((label) => (label === 'mel' ? 0.2 : label === 'nv' ? 0.76 : 0.008));
    const [group] = groupsOf([{ ...image('mel', 'mel', { sex: 'male' }), scores }], 'sex');
    expect(group!.figures.melanomaRecall.value).toBe(0);
    expect(group!.figures.melanomaRecallUniformPrior.value).toBe(1);
  });

  it('has no melanoma recall where there are no melanomas', () => {
    const [group] = groupsOf([image('nv', 'nv', { sex: 'male' })], 'sex');
    expect(group!.figures.melanomaRecall).toEqual({
      value: null,
      interval: { low: null, high: null, resamples: 0 },
    });
  });

  it('puts ages into bands in their order, and those that are not known last', () => {
    const ages = ['80.0', '', '45', '29.9', '30', '44', 'n/a', '0.0'];
    const groups = groupsOf(
      ages.map((age) => image('nv', 'nv', { age })),
      'age',
    );
    expect(groups.map(({ name, images }) => `${name}: ${images}`)).toEqual([
      'under 30: 2',
      '30 to 44: 2',
      '45 to 59: 1',
      '75 and over: 1',
      'unknown: 2',
    ]);
  });

  it('gathers sites with few images, the larger ones first', () => {
    const at = (localization: string, count: number) =>
      Array.from({ length: count }, () => image('nv', 'nv', { localization }));
    const groups = groupsOf(
      [...at('ear', 3), ...at('back', 30), ...at('hand', 4), ...at('face', 40)],
      'site',
    );
    expect(groups.map(({ name, images }) => `${name}: ${images}`)).toEqual([
      'face: 40',
      'back: 30',
      'others: 7',
    ]);
  });

  it('names how diagnoses were made, and leaves out what the data do not say', () => {
    const images = [
      image('nv', 'nv', { dx_type: 'follow_up' }),
      image('mel', 'mel', { dx_type: 'histo' }),
    ];
    const { attributes } = report(images);
    expect(attributes.map(({ name }) => name)).toEqual(['diagnosed by']);
    expect(attributes[0]!.groups.map(({ name }) => name)).toEqual(['histology', 'follow-up']);
  });
});
