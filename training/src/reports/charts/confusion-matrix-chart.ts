import type { TopLevelSpec } from 'vega-lite';
import type { ConfusionMatrix } from '../../evaluate/metrics/confusion-matrix.ts';
import { labels } from '../../taxonomy/current.ts';

/** Rows are the diagnosis, columns the decision; a cell's shade is its share of the row. */
export function confusionMatrixChart(
  title: string,
  matrix: ConfusionMatrix,
  subtitle: string,
): TopLevelSpec {
  const values = matrix.flatMap((row, truth) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, predicted) => ({
      truth: `${labels()[truth]} (${support})`,
      predicted: labels()[predicted],
      count,
      share: support === 0 ? 0 : count / support,
      text: support === 0 ? '' : `${Math.round((100 * count) / support)} %`,
    }));
  });
  const truths = [...new Set(values.map(({ truth }) => truth))];
  const position = {
    x: { field: 'predicted', type: 'nominal', sort: labels(), title: 'decision' },
    y: { field: 'truth', type: 'nominal', sort: truths, title: 'diagnosis (images)' },
  } as const;
  const label = (field: string, dy: number, fontSize: number) =>
    ({
      mark: { type: 'text', dy, fontSize },
      encoding: {
        text: { field, type: 'nominal' },
        color: { condition: { test: 'datum.share > 0.5', value: 'white' }, value: '#222' },
      },
    }) as const;
  return {
    title: { text: title, subtitle },
    width: { step: 62 },
    height: { step: 48 },
    data: { values },
    encoding: {
      x: { ...position.x, axis: { orient: 'top', labelAngle: 0, ticks: false, domain: false } },
      y: { ...position.y, axis: { ticks: false, domain: false } },
    },
    layer: [
      {
        mark: { type: 'rect', stroke: 'white', strokeWidth: 2 },
        encoding: {
          color: {
            field: 'share',
            type: 'quantitative',
            scale: { domain: [0, 1], range: ['#f3f6fa', '#08306b'] },
            legend: { title: 'share of the row', format: '.0%', gradientLength: 160 },
          },
        },
      },
      label('count', -8, 14),
      label('text', 10, 11),
    ],
  };
}
