import { labelIndex } from '../../taxonomy/current.ts';
import { calibration as reliability } from '../metrics/calibration-error.ts';
import { logLoss } from '../metrics/probability-scores.ts';
import { CALIBRATION_METHODS, type CalibrationMethod } from './fit-calibration.ts';

/** A way of calibrating, measured on images whose lesion had no part in its fit. */
export interface CalibrationCandidate {
  readonly method: CalibrationMethod;
  readonly logLoss: number;
  /** Of the difference to the lowest log loss, over lesions; 0 of the lowest itself. */
  readonly standardError: number;
  readonly ece: number;
}

/** What a candidate is measured on. */
interface MeasuredImage {
  readonly label: string;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
}

/**
 * Measures every way of calibrating, and chooses the simplest whose log loss is within one standard error of
 * the lowest (Hastie, Tibshirani, Friedman 2009, section 7.10): factors and biases of the validation images
 * that gain no more than chance does may not hold on images of another source.
 *
 * @param scoresBy one row an image, from 0 to 1
 */
export function chooseCalibration(
  images: readonly MeasuredImage[],
  scoresBy: Readonly<Record<CalibrationMethod, readonly (readonly number[])[]>>,
): {
  readonly chosen: CalibrationMethod;
  /** From the simplest on. */
  readonly candidates: readonly CalibrationCandidate[];
} {
  const truth = images.map(({ label }) => labelIndex(label));
  const losses = (method: CalibrationMethod) =>
    truth.map((k, i) => logLoss([k], [scoresBy[method][i]!]));
  const measured = CALIBRATION_METHODS.map((method) => ({
    method,
    losses: losses(method),
    logLoss: logLoss(truth, scoresBy[method]),
    ece: reliability(truth, scoresBy[method]).expectedCalibrationError,
  }));
  const lowest = measured.reduce((best, each) => (each.logLoss < best.logLoss ? each : best));
  const candidates = measured.map(({ losses, ...candidate }) => ({
    ...candidate,
    standardError: clusteredError(
      images,
      losses.map((loss, i) => loss - lowest.losses[i]!),
    ),
  }));
  const { method } = candidates.find(
    (each) => each.logLoss <= lowest.logLoss + each.standardError,
  )!;
  return { chosen: method, candidates };
}

/** Standard error of a mean over images that come in lesions, of a ratio of sums (Cochran 1977, section 6.4). */
function clusteredError(images: readonly MeasuredImage[], values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviations = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const lesion = images[i]!.lesionId ?? ` ${i}`;
    deviations.set(lesion, (deviations.get(lesion) ?? 0) + value - mean);
  }
  let squares = 0;
  for (const deviation of deviations.values()) squares += deviation ** 2;
  return Math.sqrt(squares) / values.length;
}
