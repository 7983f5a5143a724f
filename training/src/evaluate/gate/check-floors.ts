import { type Label, labelIndex } from '@naevus/shared/taxonomy';
import { classificationReport } from '../metrics/classification-report.ts';
import { GATE_FIGURES, gateFigures } from './gate-figures.ts';
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
  prior: Readonly<Record<Label, number>>,
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
  const { balancedAccuracy, melanomaSensitivity, calibrationError } = GATE_FIGURES;
  return [
    check(balancedAccuracy.title, figures.balancedAccuracy(), 'at least', floors.balancedAccuracy),
    check(
      melanomaSensitivity.title,
      figures.melanomaSensitivity(),
      'at least',
      floors.melanomaSensitivity,
    ),
    check('macro AUC', macro.auc.value, 'at least', floors.macroAuc),
    check(calibrationError.title, figures.calibrationError(), 'at most', floors.calibrationError),
  ];
}
