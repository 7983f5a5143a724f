import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { BUDGETS } from './budgets.ts';
import { compareTechniques } from './comparison.ts';
import { comparisonMarkdown, verdict } from './comparison-markdown.ts';
import type { TechniqueRun } from './technique-run.ts';

const IMAGES = 280;
const labels = Array.from({ length: IMAGES }, (_, i) => i % LABELS.length);
const lesions = labels.map((_, i) => `lesion ${Math.floor(i / 14)}-${i % 7}`);
const even = LABELS.map(() => 1 / LABELS.length);

/** Logits that are right with a margin that grows with `skill`, other ones for each seed. */
function run(technique: string, skill: number, seeds = [1, 2], assumedPrior = even): TechniqueRun {
  return {
    technique,
    digest: '',
    assumedPrior,
    seeds: seeds.map((seed) => {
      const random = createRandom(seed * 1000 + Math.round(skill * 10));
      return {
        seed,
        logits: labels.map((label) =>
          LABELS.map((_, k) => random.normal() + (k === label ? skill : 0)),
        ),
      };
    }),
  };
}

const options = { trainingPrior: even, baseline: 'plain', seed: 1, resamples: 200 };

describe('compareTechniques', () => {
  it('finds what is better and what is worse, and nothing between equals', () => {
    const plain = run('plain', 1.5);
    const compared = compareTechniques(
      [plain, run('good', 2.5), run('bad', 0.5), { ...plain, technique: 'same' }],
      { labels, lesions },
      options,
    );
    const accuracies = compared.map(({ figures }) => figures['as-trained'].accuracy);
    expect(accuracies.map(verdict)).toEqual(['open', 'better', 'worse', 'open']);
    expect(accuracies[0]!.difference).toBeNull();
    // Paired: the same decisions differ by nothing in every resample.
    expect(accuracies[3]!.difference).toEqual({
      value: 0,
      interval: { low: 0, high: 0, resamples: 200 },
    });
    const { value, interval } = accuracies[1]!;
    expect(interval.low!).toBeLessThan(value);
    expect(interval.high!).toBeGreaterThan(value);
    expect(accuracies[1]!.difference!.value).toBeCloseTo(value - accuracies[0]!.value, 12);
  });

  it('takes the scores from the prior that they assume to the one that is wanted', () => {
    const skewed = LABELS.map((_, k) => (k === 0 ? 0.94 : 0.01));
    const plain = run('plain', 2);
    // The same network, had it learned from data in which the first class is 94 times as common.
    const biased: TechniqueRun = {
      ...plain,
      technique: 'biased',
      assumedPrior: skewed,
      seeds: plain.seeds.map(({ seed, logits }) => ({
        seed,
        logits: logits.map((row) => row.map((logit, k) => logit + Math.log(skewed[k]! / even[k]!))),
      })),
    };
    const [ofPlain, ofBiased] = compareTechniques([plain, biased], { labels, lesions }, options);
    expect(ofBiased!.figures['as-trained'].balancedAccuracy.value).toBeLessThan(
      ofPlain!.figures['as-trained'].balancedAccuracy.value - 0.1,
    );
    for (const figure of ['balancedAccuracy', 'macroF1', 'melanomaRecall'] as const) {
      expect(ofBiased!.figures['uniform-prior'][figure].value).toBeCloseTo(
        ofPlain!.figures['uniform-prior'][figure].value,
        12,
      );
    }
  });

  it('is wider by what the seeds differ', () => {
    const steady = run('plain', 1.5, [1, 1, 1]);
    const varied = run('varied', 1.5, [1, 2, 3]);
    const [one, several] = compareTechniques([steady, varied], { labels, lesions }, options);
    expect(one!.figures['as-trained'].accuracy.seedDeviation).toBe(0);
    expect(several!.figures['as-trained'].accuracy.seedDeviation!).toBeGreaterThan(0);
  });

  it('says what does not compare', () => {
    const images = { labels, lesions };
    expect(() => compareTechniques([run('good', 1)], images, options)).toThrow(
      'plain has not been run',
    );
    expect(() =>
      compareTechniques([run('plain', 1), run('good', 1, [1])], images, options),
    ).toThrow('good was run on other images or seeds');
  });
});

it('says in words who won, who lost, and by how much', () => {
  const runs = [run('plain', 1.5), run('focal', 2.5), run('smote', 0.5)];
  const compared = compareTechniques(runs, { labels, lesions }, options);
  const all = { name: 'all', validation: IMAGES, lesions: 140, compared };
  const text = comparisonMarkdown([all], BUDGETS.head, 8010);
  const { value, difference } = compared[1]!.figures['as-trained'].accuracy;
  expect(text).toContain(
    `highest for focal loss, γ 2, α 0.25 (${value.toFixed(3)}, +${difference!.value.toFixed(3)} (`,
  );
  expect(text).toMatch(
    /Better than the baseline beyond chance: focal loss.*Worse: SMOTE in feature space\./,
  );
  expect(text).toContain('| plain | ');
  expect(text).not.toContain('NaN');
});

it('begins with an overview of the sources where there are several', () => {
  const compared = compareTechniques(
    [run('plain', 1.5), run('focal', 2.5)],
    { labels, lesions },
    options,
  );
  const part = (name: string) => ({ name, validation: IMAGES, lesions: 140, compared });
  const text = comparisonMarkdown(
    ['all', 'home', 'abroad', 'clinic', 'other'].map(part),
    BUDGETS['fine-tuning'],
    11781,
  );
  expect(text).toContain('11,781 training images');
  expect(text).toContain('| technique | home | abroad | clinic | other |');
  expect(text).toContain('### Balanced accuracy, uniform prior');
  expect(text.match(/^## .*/gm)).toEqual([
    '## At home and abroad',
    '## Short fine-tuning at low resolution',
    '## Short fine-tuning at low resolution, images of the home source',
    '## Short fine-tuning at low resolution, images of the other sources',
  ]);
});
