import { criticalClasses, hasCritical, labelIndex, labels } from '../../taxonomy/current.ts';
import { bootstrapStatistics, type Interval } from '../metrics/bootstrap.ts';
import type { SampleWeights } from '../metrics/confusion-matrix.ts';
import {
  GATE_FIGURES,
  type GateFigure,
  gateFigureNames,
  gateFigures,
  type ScoredSet,
} from './gate-figures.ts';
import type { GateImage } from './gate-images.ts';
import type { GatePolicy } from './gate-policy.ts';
import { imageGroups } from './image-groups.ts';

/** `refused`: worse by more than chance explains, and by more than is let pass. `noted`: as much, but chance may be it. */
export type CheckVerdict = 'passed' | 'noted' | 'refused';

/** One figure of both models on the same images. */
export interface Check {
  /** Undefined for all images. */
  readonly group?: string;
  readonly figure: GateFigure;
  readonly images: number;
  readonly current: number | null;
  readonly candidate: number | null;
  /** Candidate less current, from resamples of lesions that both were scored on. */
  readonly difference: number | null;
  readonly interval: Interval;
  readonly verdict: CheckVerdict;
}

type Prior = Readonly<Record<string, number>>;

/** Both models' images, each with the scores of both. */
type PairedImage = GateImage & { readonly current: readonly number[] };

/**
 * Compares two models on the same images by the paired bootstrap over lesions (Efron and Tibshirani 1993, chapter
 * 13): of every resample the difference. On all images a figure is refused when the whole interval of its
 * difference is on the worse side. In a subgroup that must be so at the confidence that covers all subgroups
 * together (Bonferroni), and the loss must exceed the policy's margin.
 */
export function compareModels(
  images: readonly PairedImage[],
  priors: { readonly candidate: Prior; readonly current: Prior },
  policy: GatePolicy,
): Check[] {
  const names = gateFigureNames();
  const everyClass = classesOf(images, 1);
  const all = compare(images, names, priors, policy, policy.confidence, everyClass);
  const whole = all.map((check): Check => {
    const judged = check.difference !== null && check.interval.low !== null;
    return { ...check, verdict: judged && !isWorse(check) ? 'passed' : 'refused' };
  });

  const parts = imageGroups(images).map(({ name, images: members }) => {
    const classes = classesOf(members, policy.subgroups.minClassImages);
    const group = { name, images: members, classes };
    return { group, figures: figuresOf(group, policy) };
  });
  const count = parts.reduce((sum, { figures }) => sum + figures.length, 0);
  const confidence = 1 - (1 - policy.confidence) / count;
  const subgroups = parts.flatMap(({ group, figures }) =>
    compare(group.images, figures, priors, policy, confidence, group.classes).map(
      (check): Check => {
        const lost = check.difference !== null && -check.difference > policy.subgroups.margin;
        const verdict = !lost ? 'passed' : isWorse(check) ? 'refused' : 'noted';
        return { group: group.name, ...check, verdict };
      },
    ),
  );
  return [...whole, ...subgroups];
}

function compare(
  images: readonly PairedImage[],
  figures: readonly GateFigure[],
  priors: { readonly candidate: Prior; readonly current: Prior },
  policy: GatePolicy,
  confidence: number,
  classes: readonly number[],
): Omit<Check, 'verdict' | 'group'>[] {
  if (figures.length === 0) return [];
  const labels = images.map(({ label }) => label);
  const set = (scores: ScoredSet['scores'], prior: Prior) =>
    gateFigures({ labels, scores, prior }, classes);
  const candidate = set(
    images.map((image) => image.candidate),
    priors.candidate,
  );
  const current = set(
    images.map((image) => image.current),
    priors.current,
  );
  const differences = (weights?: SampleWeights) =>
    Object.fromEntries(
      figures.map((name) => [name, subtract(candidate[name](weights), current[name](weights))]),
    ) as Record<GateFigure, number | null>;
  const difference = differences();
  const { seed, resamples } = policy;
  const groups = images.map(({ lesionId }) => lesionId);
  const options = { seed, resamples, confidence, groups };
  const intervals = bootstrapStatistics(images.length, differences, options);
  return figures.map((figure) => ({
    figure,
    images: images.length,
    current: current[figure](),
    candidate: candidate[figure](),
    difference: difference[figure],
    interval: intervals[figure],
  }));
}

/** Which figures a subgroup is large enough for. */
function figuresOf(
  { images, classes }: { images: readonly PairedImage[]; classes: readonly number[] },
  { subgroups: { minImages, minMelanomas } }: GatePolicy,
): GateFigure[] {
  if (images.length < minImages) return [];
  const critical = criticalClasses();
  const criticalImages = images.filter(({ label }) => critical[labelIndex(label)]).length;
  return [
    ...(classes.length >= 2 ? (['balancedAccuracy'] as const) : []),
    ...(hasCritical() && criticalImages >= minMelanomas ? (['melanomaSensitivity'] as const) : []),
  ];
}

/** Classes that have so many images. */
function classesOf(images: readonly PairedImage[], least: number): number[] {
  const counts = labels().map((label) => images.filter((image) => image.label === label).length);
  return labels()
    .map(labelIndex)
    .filter((k) => counts[k]! >= least);
}

function isWorse({ figure, interval: { low, high } }: Pick<Check, 'figure' | 'interval'>): boolean {
  if (low === null || high === null) return false;
  return GATE_FIGURES[figure].better === 'higher' ? high < 0 : low > 0;
}

function subtract(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}
