import { describe, expect, it } from 'vitest';
import type { FineTuningConfig } from '../../run/config/training-config.ts';
import { createEpochOrder } from './epoch-order.ts';

const labels = [...new Array(90).fill(0), ...new Array(10).fill(1)] as number[];
const epochOrder = (
  of: readonly number[],
  classes: number,
  sampler: FineTuningConfig['sampler'],
  seed: number,
) => createEpochOrder(of, classes, sampler, 1)(seed);
const shown = (order: readonly number[], label: number) =>
  order.filter((position) => labels[position] === label);

describe('epochOrder', () => {
  it('shows every image once in its natural share', () => {
    expect([...epochOrder(labels, 2, 'natural', 1)].sort((a, b) => a - b)).toEqual([
      ...labels.keys(),
    ]);
  });

  it('shows classes alike when balanced, each image of a rare one equally often', () => {
    const order = epochOrder(labels, 2, 'balanced', 1);
    expect(shown(order, 0)).toHaveLength(50);
    const rare = shown(order, 1);
    expect(rare).toHaveLength(50);
    for (let image = 90; image < 100; image++) {
      expect(rare.filter((position) => position === image)).toHaveLength(5);
    }
  });

  it('lies between with the square root', () => {
    expect(shown(epochOrder(labels, 2, 'square-root', 1), 1)).toHaveLength(25);
  });

  it('depends on the seed alone', () => {
    expect(epochOrder(labels, 2, 'natural', 4)).toEqual(epochOrder(labels, 2, 'natural', 4));
    expect(epochOrder(labels, 2, 'natural', 4)).not.toEqual(epochOrder(labels, 2, 'natural', 5));
  });

  it('shows every image and as many of each class as of the commonest with oversampling', () => {
    const order = epochOrder(labels, 2, 'oversampling', 1);
    expect(order).toHaveLength(180);
    expect(shown(order, 1)).toHaveLength(90);
    expect(new Set(order)).toEqual(new Set(labels.keys()));
  });

  it('copies the same images in every epoch with oversampling, in another order', () => {
    const orders = createEpochOrder(labels, 2, 'oversampling', 7);
    const [first, second] = [orders(1), orders(2)];
    expect(first).not.toEqual(second);
    expect(first.sort((a, b) => a - b)).toEqual(second.sort((a, b) => a - b));
    const other = createEpochOrder(labels, 2, 'oversampling', 8)(1);
    expect(other.sort((a, b) => a - b)).not.toEqual(first);
  });
});
