import type { MetricsReport, ScoredImage } from '../../evaluate/metrics/metrics-report.ts';
import type { ClassWeights } from '../../run/class-weights.ts';
import type { History } from '../../run/history.ts';
import { labelIndex } from '../../taxonomy/current.ts';
import { classWeightsChart } from './class-weights-chart.ts';
import { confusionMatrixChart } from './confusion-matrix-chart.ts';
import { precisionRecallChart, rocChart } from './curve-charts.ts';
import { reliabilityChart } from './reliability-chart.ts';
import { renderSvg } from './render-svg.ts';
import { trainingCurvesChart } from './training-curves-chart.ts';

export interface ReportData {
  readonly metrics: MetricsReport;
  /** The images behind `metrics`. */
  readonly images: readonly ScoredImage[];
  readonly classWeights: ClassWeights;
  readonly history: History;
}

/** The pictures of a version's reports: file name to SVG text. */
export async function reportPictures(data: ReportData): Promise<Map<string, string>> {
  const { metrics: report, images, classWeights, history } = data;
  const { metrics, model } = report;
  const version = `${model.name} ${model.version}`;
  const scored = `${version}, ${report.data.images} images of ${report.data.lesions} lesions (${report.data.name})`;
  const curves = {
    truth: images.map(({ label }) => labelIndex(label)),
    probabilities: images.map(({ scores }) => scores),
  };
  const charts = {
    'confusion-matrix': confusionMatrixChart(
      'Confusion matrix, scores as served',
      metrics.confusion,
      scored,
    ),
    'confusion-matrix-uniform-prior': confusionMatrixChart(
      'Confusion matrix, decided under a uniform prior',
      report.uniformPriorDecision.confusion,
      scored,
    ),
    'roc-curves': rocChart({ ...curves, areas: metrics.perClass.map(({ auc }) => auc) }, scored),
    'precision-recall-curves': precisionRecallChart(
      { ...curves, areas: metrics.perClass.map(({ averagePrecision }) => averagePrecision) },
      scored,
    ),
    reliability: reliabilityChart(
      metrics.calibrationBins,
      `${version}, ${report.data.images} images; expected calibration error ${metrics.expectedCalibrationError.toFixed(3)}`,
    ),
    'class-weights': classWeightsChart(classWeights, `${version}, training images`),
    'training-curves': trainingCurvesChart(history, version),
  };
  const pictures = new Map<string, string>();
  for (const [name, chart] of Object.entries(charts)) {
    pictures.set(`${name}.svg`, await renderSvg(chart));
  }
  return pictures;
}
