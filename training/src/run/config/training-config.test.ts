import { describe, expect, it } from 'vitest';
import { configDifferences } from '../run-identity.ts';
import { PRESETS } from './presets.ts';
import { trainingConfigSchema } from './training-config.ts';

const head = { epochs: 1, learningRate: 1 };
const fineTuning = {
  learningRate: 1,
  stages: [{ epochs: 1, resolution: 64, frozenThrough: 'none' }],
};
const problems = (config: object) =>
  trainingConfigSchema
    .safeParse(config)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('the training configuration', () => {
  it.each(Object.entries(PRESETS))('takes the preset %s', (_name, preset) => {
    expect(problems(preset)).toBeUndefined();
  });

  it('refuses a key that it does not know, at every depth', () => {
    expect(problems({ head, epochs: 1 })?.[0]).toContain('"epochs"');
    expect(problems({ head: { ...head, loss: { gamma: 2 } } })?.[0]).toContain('"gamma"');
    const mixing = { mixUp: 0.2 };
    expect(problems({ head, fineTuning: { ...fineTuning, mixing } })?.[0]).toContain('"mixUp"');
  });

  it('refuses what would be left undone: decay with Adam, SMOTE on pictures', () => {
    expect(problems({ head: { ...head, optimizer: 'adam', weightDecay: 0.1 } })?.[0]).toContain(
      'head.weightDecay: Adam decays no weights',
    );
    expect(problems({ head, fineTuning: { ...fineTuning, sampler: 'smote' } })?.[0]).toContain(
      'fineTuning.sampler',
    );
  });

  it('refuses a teacher where pictures are not of the size that it takes', () => {
    const stages = [224, 192].map((resolution) => ({ ...fineTuning.stages[0], resolution }));
    expect(
      problems({ head, fineTuning: { ...fineTuning, stages, distillation: { share: 0.5 } } }),
    ).toEqual([
      'fineTuning.stages.1.resolution: with distillation every stage has 224 pixels, which is what teachers take',
    ]);
    expect(problems({ head, fineTuning: { ...fineTuning, stages } })).toBeUndefined();
  });

  it('takes one alpha, or one a class', () => {
    const withAlpha = (focalAlpha: unknown) =>
      problems({ head: { ...head, loss: { focalAlpha } } });
    expect(withAlpha(0.25)).toBeUndefined();
    expect(withAlpha([1, 2, 3, 4, 5, 6, 7])).toBeUndefined();
    expect(withAlpha([1, 2])).toHaveLength(1);
    expect(withAlpha(0)).toHaveLength(1);
  });
});

describe('configDifferences', () => {
  const config = trainingConfigSchema.parse({ head, fineTuning });

  it('are none where a stored one lacks what has a default', () => {
    expect(configDifferences({ head, fineTuning }, config)).toEqual([]);
  });

  it('names the fields', () => {
    const stored = { seed: 3, head: { ...head, loss: { focalGamma: 2 } }, fineTuning: null };
    expect(configDifferences(stored, config)).toEqual([
      'seed',
      'head.loss.focalGamma',
      'fineTuning',
    ]);
  });
});
