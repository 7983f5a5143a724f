import { describe, expect, it } from 'vitest';
import { PRESETS } from '../run/config/presets.ts';
import { trainingConfigSchema } from '../run/config/training-config.ts';
import { BUDGETS, fineTuningConfig, headConfig } from './budgets.ts';
import { TECHNIQUES, techniquesOf } from './techniques.ts';

const counts = [261, 411, 879, 92, 890, 5364, 113];
const named = (name: string) => TECHNIQUES.find((technique) => technique.name === name)!;

describe('headConfig', () => {
  it('shows each technique as many images, to a few percent', () => {
    const shown = TECHNIQUES.map((technique) => {
      const { sampler, epochs } = headConfig(BUDGETS.head, technique, counts, 1);
      const filled = sampler === 'oversampling' || sampler === 'smote';
      return epochs * (filled ? 7 * 5364 : 8010);
    });
    expect(Math.max(...shown) / Math.min(...shown)).toBeLessThan(1.03);
  });
});

describe('parts of the recipe', () => {
  const tuned = (name: string) => fineTuningConfig(BUDGETS['fine-tuning'], named(name))!;

  it('change what they are named for, and are of budgets that fine-tune alone', () => {
    const plain = fineTuningConfig(BUDGETS['fine-tuning'], TECHNIQUES[0]!)!;
    const strong = tuned('strong-augmentation').augmentation;
    expect(strong.strong).toMatchObject({ offEpochs: 0 });
    expect({ ...strong, strong: null }).toEqual(plain.augmentation);
    expect(tuned('mixing').mixing).toMatchObject({ mixup: 0.4, offEpochs: 0 });
    expect(tuned('weight-averaging')).toEqual({ ...plain, weightAveragingEpochs: 0.5 });
    expect(tuned('clipped').loss).toEqual({ ...plain.loss, clip: 3 });
    const published = tuned('published-recipe');
    expect(published).toMatchObject({
      optimizer: 'adam',
      learningRate: 1e-4,
      batchNorm: 'frozen',
      sampler: 'balanced',
      loss: PRESETS.reference.fineTuning.loss,
      augmentation: PRESETS.reference.fineTuning.augmentation,
      stages: plain.stages,
    });
    expect(tuned('distillation')).toEqual({
      ...plain,
      distillation: { share: 0.5, temperature: 2, views: 1, teacher: 'folds' },
    });
    expect(tuned('centre-crop')).toEqual(plain);
    const names = techniquesOf(BUDGETS.head).map(({ name }) => name);
    expect(names).toHaveLength(10);
    expect(techniquesOf(BUDGETS['fine-tuning'])).toHaveLength(18);
  });
});

describe('TECHNIQUES', () => {
  it.each(['reference', 'best'] as const)('has the loss of the preset %s', (name) => {
    const preset = trainingConfigSchema.parse(PRESETS[name]);
    const { loss, sampler } = headConfig(BUDGETS.head, named(name), counts, 1);
    const phase = preset.fineTuning ?? preset.head;
    expect({ loss, sampler }).toEqual({ loss: phase.loss, sampler: phase.sampler });
  });

  it('changes sampler and loss and nothing else', () => {
    for (const technique of TECHNIQUES.filter(({ tuning }) => tuning === undefined)) {
      const {
        sampler: _,
        loss: __,
        ...rest
      } = fineTuningConfig(BUDGETS['fine-tuning'], technique)!;
      const plain = fineTuningConfig(BUDGETS['fine-tuning'], TECHNIQUES[0]!)!;
      expect(rest).toEqual((({ sampler: _s, loss: _l, ...others }) => others)(plain));
    }
  });
});
