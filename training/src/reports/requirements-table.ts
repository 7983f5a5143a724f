import type { Measured } from '../evaluate/assessment/lesion-interval.ts';
import type { OutsideReport } from '../evaluate/sources/outside-report.ts';
import type { SourceFigure } from '../evaluate/sources/source-figures.ts';
import type { SourceReport } from '../evaluate/sources/source-report.ts';
import { type Table, table } from './document/blocks.ts';
import { cell } from './figure-text.ts';

/** What a figure of one source is asked to be: at least, at most, or both. */
interface Asked {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A figure with its interval. */
interface Bounded {
  readonly value: number | null;
  readonly interval: { readonly low: number | null; readonly high: number | null };
}

interface Requirement extends Asked {
  /** A source's name, or `abroad`: all but the home source together, and each by itself. */
  readonly source: string;
  readonly figure: SourceFigure;
  /** Asked of the difference to the previous version. */
  readonly lessPrevious?: true;
}

/** What a version trained on more than one clinic is asked to reach on the validation side of the committed sources. */
const REQUIREMENTS: readonly Requirement[] = [
  { source: 'ham10000', figure: 'balancedAccuracyUniformPrior', atLeast: 0.82 },
  { source: 'ham10000', figure: 'accuracy', atLeast: 0.865 },
  { source: 'ham10000', figure: 'macroAuc', atLeast: 0.97 },
  { source: 'ham10000', figure: 'expectedCalibrationError', atMost: 0.03 },
  { source: 'ham10000', figure: 'abstained', atMost: 0.05 },
  { source: 'ham10000', figure: 'coverage90', atLeast: 0.88, atMost: 0.92 },
  { source: 'ham10000', figure: 'melanomaSensitivity', atLeast: 0.95 },
  { source: 'milk10k', figure: 'balancedAccuracyUniformPrior', atLeast: 0.68 },
  { source: 'milk10k', figure: 'melanomaAuc', lessPrevious: true, atLeast: 0.08 },
  { source: 'milk10k', figure: 'abstained', atMost: 0.08 },
  { source: 'acral', figure: 'melanomaRecallUniformPrior', atLeast: 0.75 },
  { source: 'acral', figure: 'melanomaSpecificityUniformPrior', atLeast: 0.85 },
  { source: 'abroad', figure: 'coverage90', atLeast: 0.85 },
  { source: 'abroad', figure: 'melanomaSensitivity', atLeast: 0.93 },
];

/** Sources of images without a dermatoscope, and the share of them that is to be abstained from. */
const WITHOUT_DERMATOSCOPE = { sources: ['close-ups', 'phone'], atLeast: 0.95 };

export interface RequirementsMeasured {
  readonly sources: SourceReport;
  readonly outside: OutsideReport | undefined;
  /** Of squamous cell carcinoma, the share that is answered `routine`. */
  readonly squamousRoutine: Measured | undefined;
}

/**
 * What was asked of a version and what holds; null where it was measured with none of the sources that something is
 * asked of.
 *
 * @param names of the figures; those without one are left out
 */
export function requirementsTable(
  measured: RequirementsMeasured,
  names: Partial<Record<SourceFigure, string>>,
): Table | null {
  const { sources, outside, squamousRoutine } = measured;
  const rows: string[][] = [];
  const add = (where: string, what: string, asked: Asked, estimate: Bounded) => {
    if (estimate.value === null) return;
    rows.push([
      where,
      what,
      askedText(asked),
      cell(estimate.value, estimate.interval),
      verdict(asked, estimate),
    ]);
  };
  for (const { source, figure, lessPrevious, ...asked } of REQUIREMENTS) {
    const name = names[figure];
    if (name === undefined) continue;
    for (const { title, figures, previous } of measuredAs(source, sources)) {
      if (!lessPrevious) add(title, name, asked, figures[figure]);
      else if (previous) {
        add(
          title,
          `${name}, less ${sources.previousVersion}'s`,
          asked,
          previous.difference[figure],
        );
      }
    }
  }
  for (const { source, diagnosis, abstained } of outside?.groups ?? []) {
    const { sources: asked, atLeast } = WITHOUT_DERMATOSCOPE;
    if (diagnosis !== null || !asked.includes(source)) continue;
    add(source, 'abstained', { atLeast }, estimateOf(abstained));
  }
  if (squamousRoutine) {
    add(
      'other diagnoses',
      'squamous cell carcinoma called routine',
      { atMost: 0 },
      estimateOf(squamousRoutine),
    );
  }
  if (rows.length === 0) return null;
  return table(['source', 'figure', 'asked', 'this version', 'holds'], rows);
}

function estimateOf({ value, interval }: Measured) {
  const [low, high] = interval ?? [null, null];
  return { value, interval: { low, high } };
}

function measuredAs(source: string, { sources, abroad, home }: SourceReport) {
  if (source !== 'abroad') return sources.filter(({ name }) => name === source);
  return [...(abroad ? [abroad] : []), ...sources.filter(({ name }) => name !== home)];
}

function askedText({ atLeast, atMost }: Asked): string {
  if (atLeast !== undefined && atMost !== undefined) return `${atLeast} to ${atMost}`;
  return atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
}

/** Whether the figure is as asked; where not, whether its interval reaches what was asked. */
function verdict({ atLeast, atMost }: Asked, { value, interval }: Bounded): string {
  const [least, most] = [atLeast ?? Number.NEGATIVE_INFINITY, atMost ?? Number.POSITIVE_INFINITY];
  if (value! >= least && value! <= most) return 'yes';
  const { low, high } = interval;
  return low !== null && high !== null && high >= least && low <= most
    ? 'no, but its interval reaches it'
    : '**no**';
}
