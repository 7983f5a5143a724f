import { hasCritical, labelIndex } from '../../taxonomy/current.ts';
import { classificationReport } from '../metrics/classification-report.ts';
import { gateFigures, gateFigureTitle } from './gate-figures.ts';
import type { GateImage } from './gate-images.ts';
import type { GatePolicy } from './gate-policy.ts';

/** One figure of a model that there is nothing to compare with, and what it must reach. */
export interface FloorCheck {
  readonly title: string;
  /** null where the images do not define it, which is not enough. */
  readonly value: number | null;
  readonly floor: number;
  readonly bound: 'at least' | 'at most';
  readonly verdict: 'passed' | 'refused';
}

/** Holds a first model to the policy's absolute floors. */
export function checkFloors(
  images: readonly GateImage[],
  prior: Readonly<Record<string, number>>,
  { floors }: GatePolicy,
): FloorCheck[] {
  const labels = images.map(({ label }) => label);
  const scores = images.map(({ candidate }) => candidate);
  const figures = gateFigures({ labels, scores, prior });
  const { macro } = classificationReport(labels.map(labelIndex), scores);
  const check = (
    title: string,
    value: number | null,
    bound: FloorCheck['bound'],
    floor: number,
  ): FloorCheck => {
    const reached = value !== null && (bound === 'at least' ? value >= floor : value <= floor);
    return { title, value, bound, floor, verdict: reached ? 'passed' : 'refused' };
  };
  return [
    check(
      gateFigureTitle('balancedAccuracy'),
      figures.balancedAccuracy(),
      'at least',
      floors.balancedAccuracy,
    ),
    ...(hasCritical()
      ? [
          check(
            gateFigureTitle('melanomaSensitivity'),
            figures.melanomaSensitivity(),
            'at least',
            floors.melanomaSensitivity,
          ),
        ]
      : []),
    check('macro AUC', macro.auc.value, 'at least', floors.macroAuc),
    check(
      gateFigureTitle('calibrationError'),
      figures.calibrationError(),
      'at most',
      floors.calibrationError,
    ),
  ];
}
