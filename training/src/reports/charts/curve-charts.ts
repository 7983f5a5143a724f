import type { TopLevelSpec } from 'vega-lite';
import { precisionRecallCurve } from '../../evaluate/metrics/precision-recall-curve.ts';
import { rankSamples } from '../../evaluate/metrics/ranking.ts';
import { rocCurve } from '../../evaluate/metrics/roc.ts';
import { taxonomy } from '../../taxonomy/current.ts';

/** Predictions with their truth, and a summary of each class's curve for the legend (null: not defined). */
export interface CurveData {
  readonly truth: readonly number[];
  readonly probabilities: readonly (readonly number[])[];
  /** Area under each class's curve, in the order of the labels. */
  readonly areas: readonly (number | null)[];
}

/** ROC curve of each class against the rest. */
export function rocChart(data: CurveData, subtitle: string): TopLevelSpec {
  const curves = perClass(data, (ranking) =>
    rocCurve(ranking)?.map(({ falsePositiveRate, truePositiveRate }) => ({
      x: falsePositiveRate,
      y: truePositiveRate,
    })),
  );
  return curveChart(curves, {
    title: { text: 'ROC curves, each class against the rest', subtitle },
    x: '1 − specificity',
    y: 'sensitivity',
    legend: 'class (AUC)',
    diagonal: true,
  });
}

/** Precision-recall curve of each class against the rest. */
export function precisionRecallChart(data: CurveData, subtitle: string): TopLevelSpec {
  const curves = perClass(data, (ranking) =>
    precisionRecallCurve(ranking)?.map(({ recall, precision }) => ({ x: recall, y: precision })),
  );
  return curveChart(curves, {
    title: { text: 'Precision-recall curves, each class against the rest', subtitle },
    x: 'recall (sensitivity)',
    y: 'precision (positive predictive value)',
    legend: 'class (average precision)',
    diagonal: false,
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly Point[];
}

function perClass(
  { truth, probabilities, areas }: CurveData,
  pointsOf: (ranking: ReturnType<typeof rankSamples>) => readonly Point[] | undefined,
): Curve[] {
  return taxonomy().classes.flatMap(({ label, colour }, k) => {
    const points = pointsOf(rankSamples(truth, (i) => probabilities[i]![k]!, k));
    const area = areas[k];
    if (!points || area === null || area === undefined) return [];
    return [{ name: `${label} (${area.toFixed(2)})`, colour, points: thin(points) }];
  });
}

/** Leaves out points that a picture of this size cannot show: those within half a pixel of the last one kept. */
function thin(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const [i, point] of points.entries()) {
    const last = kept.at(-1);
    const near = last && Math.hypot(point.x - last.x, point.y - last.y) < 0.5 / SIDE;
    if (!near || i === points.length - 1) kept.push(point);
  }
  return kept.map(({ x, y }) => ({ x: Number(x.toFixed(4)), y: Number(y.toFixed(4)) }));
}

const SIDE = 420;

type Layer = Extract<TopLevelSpec, { layer: unknown }>['layer'][number];

function curveChart(
  curves: readonly Curve[],
  texts: {
    readonly title: { readonly text: string; readonly subtitle: string };
    readonly x: string;
    readonly y: string;
    readonly legend: string;
    readonly diagonal: boolean;
  },
): TopLevelSpec {
  const diagonal: Layer = {
    data: {
      values: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    },
    mark: { type: 'line', stroke: '#999', strokeDash: [4, 4], strokeWidth: 1 },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  };
  return {
    title: texts.title,
    width: SIDE,
    height: SIDE,
    layer: [
      ...(texts.diagonal ? [diagonal] : []),
      {
        data: {
          values: curves.flatMap(({ name, points }) =>
            points.map((point, order) => ({ name, order, ...point })),
          ),
        },
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          x: {
            field: 'x',
            type: 'quantitative',
            title: texts.x,
            scale: { domain: [0, 1] },
          },
          y: {
            field: 'y',
            type: 'quantitative',
            title: texts.y,
            scale: { domain: [0, 1] },
          },
          order: { field: 'order' },
          color: {
            field: 'name',
            type: 'nominal',
            title: texts.legend,
            scale: {
              domain: curves.map(({ name }) => name),
              range: curves.map(({ colour }) => colour),
            },
          },
        },
      },
    ],
  };
}
