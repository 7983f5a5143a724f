import type { TopLevelSpec } from 'vega-lite';
import type { ExplanationReport } from '../../evaluate/explanations/explanation-report.ts';
import { renderSvg } from './render-svg.ts';

/** Okabe and Ito's colours, in the order of the series. */
const COLOURS = ['#0072b2', '#d55e00', '#999999', '#56b4e9'];

/** Pictures of the checks of heat maps: file name to SVG text. */
export async function explanationPictures(
  report: ExplanationReport,
  model: { readonly name: string; readonly version: string },
): Promise<Map<string, string>> {
  const version = `${model.name} ${model.version}`;
  return new Map([
    ['deletion-insertion.svg', await renderSvg(curvesChart(report, version))],
    ['randomised-weights.svg', await renderSvg(cascadeChart(report, version))],
  ]);
}

function curvesChart({ deletionInsertion }: ExplanationReport, version: string): TopLevelSpec {
  const { orders, steps, images } = deletionInsertion;
  const values = orders.flatMap(({ order, deletionCurve, insertionCurve }) =>
    [
      { curve: 'deletion', points: deletionCurve },
      { curve: 'insertion', points: insertionCurve },
    ].flatMap(({ curve, points }) =>
      points.map((score, step) => ({ order, curve, share: step / steps, score })),
    ),
  );
  return {
    title: {
      text: 'Score of the explained class, hottest pixels first',
      subtitle: `${version}, mean over ${images} images`,
    },
    data: { values },
    facet: { column: { field: 'curve', type: 'nominal', title: null } },
    spec: {
      width: 300,
      height: 260,
      mark: { type: 'line', strokeWidth: 2 },
      encoding: {
        x: { field: 'share', type: 'quantitative', title: 'share of the pixels' },
        y: {
          field: 'score',
          type: 'quantitative',
          title: 'score',
          scale: { domain: [0, 1] },
        },
        color: {
          field: 'order',
          type: 'nominal',
          title: null,
          scale: { domain: orders.map(({ order }) => order), range: COLOURS },
        },
      },
    },
  };
}

function cascadeChart({ randomisedWeights }: ExplanationReport, version: string): TopLevelSpec {
  const { cascade, unrelatedImages, images } = randomisedWeights;
  const methods = Object.keys(unrelatedImages.byMethod);
  const rows = (downTo: string, { byMethod }: typeof unrelatedImages) =>
    Object.entries(byMethod).flatMap(
      ([
        method,
        {
          value,
          interval: { low, high },
        },
      ]) => (value === null ? [] : [{ downTo, method, value, low, high }]),
    );
  const values = [
    ...cascade.flatMap((stage) => rows(stage.downTo, stage)),
    ...rows('another image', unrelatedImages),
  ];
  const x = {
    field: 'downTo',
    type: 'nominal' as const,
    sort: [...cascade.map(({ downTo }) => downTo), 'another image'],
    title: 'random from the classifier down to',
  };
  const shared = {
    x,
    xOffset: { field: 'method' },
    color: {
      field: 'method',
      type: 'nominal' as const,
      title: null,
      scale: { domain: methods, range: COLOURS },
    },
  };
  const y = {
    field: 'value',
    type: 'quantitative' as const,
    title: "rank correlation with the trained network's map",
    scale: { domain: [-1, 1] },
  };
  return {
    title: {
      text: 'Heat maps of randomised networks',
      subtitle: `${version}, ${images} images, 95 % intervals`,
    },
    width: 480,
    height: 260,
    data: { values },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { ...shared, y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      { mark: { type: 'point', filled: true, size: 50 }, encoding: { ...shared, y } },
    ],
  };
}
