import { describe, expect, it } from 'vitest';
import { answeredImages, labelled, UNIFORM } from './fixtures/answered-images.ts';
import { FEWEST_IMAGES, sourceFigures } from './source-figures.ts';

const images = answeredImages('a', labelled({ akiec: 5, bcc: 40, bkl: 20, mel: 30, nv: 100 }));

describe('sourceFigures', () => {
  const figures = sourceFigures(images, UNIFORM)();
  const top = images.map(({ answer }) => answer.set[0]!);
  const share = (of: (i: number) => boolean, holds: (i: number) => boolean) => {
    const counted = images.map((_, i) => i).filter(of);
    return counted.filter(holds).length / counted.length;
  };

  it('leaves classes with few images out of averages over classes', () => {
    expect(FEWEST_IMAGES).toBe(15);
    const recalls = (['bcc', 'bkl', 'mel', 'nv'] as const).map((label) =>
      share(
        (i) => images[i]!.label === label,
        (i) => top[i] === label,
      ),
    );
    const mean = recalls.reduce((a, b) => a + b) / 4;
    expect(figures.balancedAccuracyUniformPrior).toBeCloseTo(mean, 12);
  });

  it('counts melanomas, benign lesions, sets and abstentions by their definitions', () => {
    const melanoma = (i: number) => images[i]!.label === 'mel';
    expect(figures.melanomaRecallUniformPrior).toBe(share(melanoma, (i) => top[i] === 'mel'));
    expect(figures.melanomaSpecificityUniformPrior).toBe(
      share(
        (i) => !melanoma(i),
        (i) => top[i] !== 'mel',
      ),
    );
    const above = (i: number) => images[i]!.answer.aboveThreshold;
    expect(figures.melanomaSensitivity).toBe(share(melanoma, above));
    expect(figures.specificity).toBe(
      share(
        (i) => ['bkl', 'nv'].includes(images[i]!.label),
        (i) => !above(i),
      ),
    );
    expect(figures.coverage90).toBe(figures.accuracy);
    expect(figures.setSize).toBe(1);
    expect(figures.abstained).toBeCloseTo(20 / 195, 12);
    expect(figures.abstainedForModality).toBe(0);
  });

  it('weighs images: twice the weight is the same as the image twice', () => {
    const doubled = [...images, ...images.slice(150)];
    const weights = Uint8Array.from(images, (_, i) => (i < 150 ? 1 : 2));
    const [weighted, repeated] = [
      sourceFigures(images, UNIFORM)(weights),
      sourceFigures(doubled, UNIFORM)(),
    ];
    for (const [name, value] of Object.entries(weighted)) {
      expect(value, name).toBeCloseTo(repeated[name as keyof typeof repeated]!, 10);
    }
  });

  it('is null where the images do not define a figure', () => {
    const benign = sourceFigures(answeredImages('b', labelled({ nv: 20 })), UNIFORM)();
    expect([benign.melanomaAuc, benign.melanomaSensitivity]).toEqual([null, null]);
    expect(benign.specificity).not.toBeNull();
  });
});
