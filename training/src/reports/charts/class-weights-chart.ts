import type { TopLevelSpec } from 'vega-lite';
import type { ClassWeights } from '../../run/class-weights.ts';
import { labels } from '../../taxonomy/current.ts';
import { classColourScale } from './class-colours.ts';

type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

/** Training images a class, what one image of it counted, and the class's share of the loss at the beginning and at the end. */
export function classWeightsChart(weights: ClassWeights, subtitle: string): TopLevelSpec {
  const { counts, used } = weights;
  const panel = (title: string, values: readonly number[], format: string): Panel => ({
    width: 170,
    height: { step: 28 },
    title: { text: title, fontSize: 12, fontWeight: 'normal', anchor: 'start' },
    data: { values: labels().map((label, k) => ({ label, value: values[k] })) },
    encoding: {
      y: { field: 'label', type: 'nominal', sort: labels(), title: null },
      x: { field: 'value', type: 'quantitative', title: null, axis: { tickCount: 4, format } },
    },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          color: { field: 'label', type: 'nominal', scale: classColourScale(), legend: null },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 11 },
        encoding: { text: { field: 'value', type: 'quantitative', format } },
      },
    ],
  });
  return {
    title: { text: 'Class weights', subtitle },
    spacing: 36,
    hconcat: [
      panel('training images', counts, ',d'),
      panel('weight of one image in the loss', used.weights, '.2~f'),
      panel('share of the loss, all as hard', used.shareOfLossWeight, '.0%'),
      ...(used.shareOfLossAtEnd
        ? [panel('share of the loss at the end', used.shareOfLossAtEnd, '.0%')]
        : []),
    ],
  };
}
