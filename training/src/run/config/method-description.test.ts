import { expect, it } from 'vitest';
import { describeMethod } from './method-description.ts';
import { PRESETS } from './presets.ts';
import { trainingConfigSchema } from './training-config.ts';

const method = (name: keyof typeof PRESETS) =>
  describeMethod(trainingConfigSchema.parse(PRESETS[name]));

it('says of the reference what it is', () => {
  expect(method('reference')).toBe(
    'Dense head trained on pooled features of the frozen backbone (20 epochs, random oversampling, ' +
      'focal loss γ 2, α 0.25, balanced class weights to the power 1.5, stopped early where the ' +
      "validation's loss did not gain for 5 epochs); then fine-tuned with Adam: 20 epochs at 224 " +
      'pixels with nothing frozen (random oversampling, focal loss γ 2, α 0.25, balanced class ' +
      'weights to the power 1.5, augmentation, batch norm frozen, stopped early where the ' +
      "validation's loss did not gain for 5 epochs).",
  );
});

it('says of the best which statistics and averages it takes', () => {
  expect(method('best')).toMatch(/re-estimated on training images; then fine-tuned with AdamW/);
  expect(method('best')).toContain('moving average of the weights');
});
