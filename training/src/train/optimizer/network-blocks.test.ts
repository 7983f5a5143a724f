import { expect, it } from 'vitest';
import { efficientNetB0 } from '../../network/architecture.ts';
import { parameterSpecs } from '../../network/parameters.ts';
import { blockLearningRates, frozenBlocks } from './network-blocks.ts';

const specs = parameterSpecs(efficientNetB0());
const blocks = [...new Set(specs.map(({ block }) => block))];

it('freezes all blocks through the one that is named', () => {
  const frozen = (through: string) => blocks.filter(frozenBlocks(blocks, through));
  expect(frozen('none')).toEqual([]);
  expect(frozen('stem')).toEqual(['stem']);
  expect(frozen('blocks.1')).toEqual(['stem', 'blocks.0.0', 'blocks.1.0', 'blocks.1.1']);
});

it('lowers the learning rate block by block from the top, the classifier having its own', () => {
  const rate = blockLearningRates(blocks, { layerDecay: 0.5, headLearningRateFactor: 3 });
  const of = (name: string) => rate(specs.find((spec) => spec.name === name)!);
  expect(of('classifier.weight')).toBe(3);
  expect(of('conv_head.weight')).toBe(1);
  expect(of('blocks.6.0.conv_pw.weight')).toBe(0.5);
  expect(of('blocks.5.3.bn1.weight')).toBe(0.25);
  expect(of('conv_stem.weight')).toBeCloseTo(0.5 ** 17, 12);
});
