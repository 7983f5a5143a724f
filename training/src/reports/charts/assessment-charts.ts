import type { TopLevelSpec } from 'vega-lite';
import type { AssessmentReport } from '../../evaluate/assessment/assessment-report.ts';
import { criticalNames, hasCritical, hasRisks, labels } from '../../taxonomy/current.ts';
import { reliabilityChart } from './reliability-chart.ts';
import { renderSvg } from './render-svg.ts';

/** Pictures of an assessment: file name to SVG text. */
export async function assessmentPictures(
  report: AssessmentReport,
  model: { readonly name: string; readonly version: string },
): Promise<Map<string, string>> {
  const { images, lesions } = report.fittedOn;
  const measured = `${model.name} ${model.version}, ${images} images of ${lesions} lesions, each by fits without its lesion`;
  const charts = {
    'reliability-uncalibrated': reliabilityChart(
      report.calibration.binsBefore,
      `${model.name} ${model.version}, ${images} images, before calibration`,
    ),
    'prediction-sets': predictionSetChart(report, measured),
    ...(hasRisks() && { 'operating-points': operatingPointChart(report, measured) }),
    'out-of-distribution': distanceChart(report, measured),
  };
  const pictures = new Map<string, string>();
  for (const [name, chart] of Object.entries(charts)) {
    pictures.set(`${name}.svg`, await renderSvg(chart));
  }
  return pictures;
}

/** Coverage of each class at 80, 90, 95 and 99 %, and how many classes a set holds. */
function predictionSetChart({ conformal }: AssessmentReport, subtitle: string): TopLevelSpec {
  const shown = conformal.byScore[conformal.default].filter(({ coverage }) =>
    [0.8, 0.9, 0.95, 0.99].includes(coverage),
  );
  const values = shown.flatMap(({ coverage, perClass }) =>
    perClass.flatMap(({ label, coverage: reached, meanSize }) =>
      reached === null ? [] : [{ label, wanted: `${100 * coverage} %`, reached, meanSize }],
    ),
  );
  const x = { field: 'label', type: 'nominal' as const, sort: labels(), title: null };
  const color = { field: 'wanted', type: 'nominal' as const, title: 'coverage asked for' };
  const xOffset = { field: 'wanted' };
  return {
    title: { text: `Prediction sets (${conformal.default.toUpperCase()}) a class`, subtitle },
    data: { values },
    vconcat: [
      {
        width: 420,
        height: 180,
        mark: { type: 'bar' },
        encoding: {
          x,
          xOffset,
          color,
          y: {
            field: 'reached',
            type: 'quantitative',
            title: 'coverage reached',
            scale: { domain: [0.5, 1] },
          },
        },
      },
      {
        width: 420,
        height: 180,
        mark: { type: 'bar' },
        encoding: {
          x,
          xOffset,
          color,
          y: { field: 'meanSize', type: 'quantitative', title: 'classes in the set, on average' },
        },
      },
    ],
  };
}

/** What each operating point finds and what it lets pass, with 95 % intervals. */
function operatingPointChart({ triage }: AssessmentReport, subtitle: string): TopLevelSpec {
  const values = Object.entries(triage).flatMap(([point, measured]) =>
    TRIAGE_FIGURES.flatMap((figure) => {
      if (figure === 'melanomaSensitivity' && !hasCritical()) return [];
      const { value, interval } = measured[figure];
      if (value === null || interval === null) return [];
      return [{ point, figure: figureName(figure), value, low: interval[0], high: interval[1] }];
    }),
  );
  const y = { field: 'figure', type: 'nominal' as const, title: null };
  const x = {
    field: 'value',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0.4, 1], clamp: true },
  };
  return {
    title: { text: 'Operating points of the malignant score', subtitle },
    data: { values },
    facet: { row: { field: 'point', type: 'nominal', title: null, sort: Object.keys(triage) } },
    spec: {
      width: 380,
      height: 60,
      layer: [
        {
          mark: { type: 'rule', color: '#0072b2' },
          encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' } },
        },
        { mark: { type: 'point', filled: true, color: '#0072b2', size: 40 }, encoding: { y, x } },
      ],
    },
  };
}

const TRIAGE_FIGURES = ['melanomaSensitivity', 'malignantSensitivity', 'specificity'] as const;

function figureName(figure: (typeof TRIAGE_FIGURES)[number]): string {
  if (figure === 'melanomaSensitivity') return `${criticalNames()} found`;
  return figure === 'specificity' ? 'benign not flagged' : 'malignant found';
}

/** How far lesions and other pictures lie from the training images. */
function distanceChart({ outOfDistribution }: AssessmentReport, subtitle: string): TopLevelSpec {
  const { lesionDistances, nonLesionDistances, threshold } = outOfDistribution;
  const curve = (distances: readonly number[], of: string) =>
    distances.map((distance, percent) => ({ of, distance, percent }));
  return {
    title: { text: 'Distance from the training images', subtitle },
    width: 420,
    height: 260,
    layer: [
      {
        data: {
          values: [
            ...curve(lesionDistances, 'lesions'),
            ...curve(nonLesionDistances, 'pictures without a lesion'),
          ],
        },
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          x: { field: 'distance', type: 'quantitative', title: 'distance (residual)' },
          y: { field: 'percent', type: 'quantitative', title: '% that are nearer' },
          order: { field: 'percent' },
          color: {
            field: 'of',
            type: 'nominal',
            title: null,
            scale: { range: ['#0072b2', '#d55e00'] },
          },
        },
      },
      {
        data: { values: [{ threshold }] },
        mark: { type: 'rule', strokeDash: [4, 4], color: '#555' },
        encoding: { x: { field: 'threshold', type: 'quantitative' } },
      },
    ],
  };
}
