import type { TopLevelSpec } from 'vega-lite';
import type { CalibrationBin } from '../../evaluate/metrics/calibration-error.ts';

/** Accuracy against the top score in its bins (DeGroot, Fienberg 1983), and how many images each bin has. */
export function reliabilityChart(bins: readonly CalibrationBin[], subtitle: string): TopLevelSpec {
  const values = bins.map(({ lower, upper, samples, confidence, accuracy }) => ({
    lower,
    upper,
    samples,
    confidence,
    accuracy,
  }));
  const x = {
    field: 'lower',
    type: 'quantitative' as const,
    bin: { binned: true as const },
    title: 'score of the top class',
    scale: { domain: [0, 1] },
    axis: { values: [0, 0.2, 0.4, 0.6, 0.8, 1], format: '.1f' },
  };
  return {
    title: { text: 'Reliability of the top score', subtitle },
    data: { values },
    spacing: 18,
    vconcat: [
      {
        width: 420,
        height: 300,
        layer: [
          {
            data: {
              values: [
                { x: 0, y: 0 },
                { x: 1, y: 1 },
              ],
            },
            mark: { type: 'line', stroke: '#999', strokeDash: [4, 4], strokeWidth: 1 },
            encoding: {
              x: { field: 'x', type: 'quantitative' },
              y: { field: 'y', type: 'quantitative' },
            },
          },
          {
            transform: [{ filter: 'datum.samples > 0' }],
            mark: { type: 'bar', color: '#0072b2', opacity: 0.75, binSpacing: 2 },
            encoding: {
              x: { ...x, title: null },
              x2: { field: 'upper' },
              y: {
                field: 'accuracy',
                type: 'quantitative',
                title: 'share that is right',
                scale: { domain: [0, 1] },
              },
            },
          },
          {
            transform: [{ filter: 'datum.samples > 0' }],
            mark: { type: 'point', color: '#d55e00', filled: true, size: 36, opacity: 1 },
            encoding: {
              x: { field: 'confidence', type: 'quantitative' },
              y: { field: 'confidence', type: 'quantitative' },
            },
          },
        ],
      },
      {
        width: 420,
        height: 90,
        mark: { type: 'bar', color: '#999', binSpacing: 2 },
        encoding: {
          x,
          x2: { field: 'upper' },
          y: { field: 'samples', type: 'quantitative', title: 'images', axis: { tickCount: 3 } },
        },
      },
    ],
  };
}
