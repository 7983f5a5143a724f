import type { FloorCheck } from './check-floors.ts';
import type { Check } from './compare-models.ts';
import { GATE_FIGURES } from './gate-figures.ts';
import type { GatePolicy } from './gate-policy.ts';

/** `gate.json`. */
export interface GateReport {
  readonly schemaVersion: 1;
  readonly verdict: 'passed' | 'refused' | 'overridden';
  /** Why a refused candidate passes all the same. */
  readonly overrideReason?: string;
  readonly candidate: { readonly version: string };
  /** null for a first model, which is held to floors. */
  readonly current: { readonly version: string; readonly sha256: string } | null;
  readonly data: {
    /** Of the candidate's data. */
    readonly sha256: string;
    readonly images: number;
    readonly lesions: number;
  };
  readonly policy: GatePolicy;
  /** Empty for a first model. */
  readonly checks: readonly Check[];
  /** Empty where there is a model to compare with. */
  readonly floors: readonly FloorCheck[];
  /** What a reader should know of the comparison. */
  readonly notes: readonly string[];
}

/** The report for people: the verdict first, then what decided, then everything. */
export function gateMarkdown(report: GateReport): string {
  const { verdict, candidate, current, data, policy, checks, floors, notes } = report;
  const against = current ? `against ${current.version}` : 'as a first model';
  const lines = [
    `# Gate: ${candidate.version} ${against}: ${verdict}`,
    '',
    `${data.images} validation images of ${data.lesions} lesions, none of which ${current ? 'either model' : 'it'} was trained on.`,
  ];
  if (report.overrideReason) {
    lines.push('', `**It was refused and passes by override:** ${oneLine(report.overrideReason)}`);
  }
  const refusals = [...checks, ...floors].filter((check) => check.verdict === 'refused');
  if (refusals.length > 0) {
    lines.push('', '## Why it is refused', '', ...refusals.map((check) => `- ${describe(check)}`));
  }
  if (current) {
    const percent = Number((100 * policy.confidence).toPrecision(4));
    lines.push(
      '',
      '## All images',
      '',
      `Refused where the whole ${percent} % interval of the difference (paired bootstrap over lesions, ${policy.resamples} resamples) is on the worse side.`,
      '',
      ...table(checks.filter(({ group }) => group === undefined)),
    );
    const groups = checks.filter(({ group }) => group !== undefined);
    lines.push('', '## Subgroups', '');
    if (groups.length === 0) lines.push('None is large enough to be looked at.');
    else {
      lines.push(
        `Refused where more than ${policy.subgroups.margin} is lost and the interval, wide enough to hold for all ${groups.length} figures together, is on the worse side; noted where only the first is so.`,
        '',
        ...table(groups),
      );
    }
  } else {
    lines.push(
      '',
      '## Floors',
      '',
      '| | figure | value | floor |',
      '| --- | --- | --- | --- |',
      ...floors.map(
        ({ verdict, title, value, bound, floor }) =>
          `| ${verdict} | ${title} | ${figure(value)} | ${bound} ${floor} |`,
      ),
    );
  }
  if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`));
  return `${lines.join('\n')}\n`;
}

function table(checks: readonly Check[]): string[] {
  return [
    '| | figure | images | current | candidate | difference | interval |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...checks.map(({ verdict, images, current, candidate, difference, interval, ...check }) =>
      [
        '',
        verdict === 'refused' ? '**refused**' : verdict,
        title(check),
        images,
        figure(current),
        figure(candidate),
        signed(difference),
        `${signed(interval.low)} to ${signed(interval.high)}`,
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ];
}

/** A check in a sentence. */
export function describe(check: Check | FloorCheck): string {
  if ('floor' in check) {
    return `${check.title} is ${figure(check.value)} and must be ${check.bound} ${check.floor}`;
  }
  const { current, candidate, difference, interval } = check;
  return (
    `${title(check)}: ${figure(current)} → ${figure(candidate)}, ` +
    `a difference of ${signed(difference)} (${signed(interval.low)} to ${signed(interval.high)})`
  );
}

function title({ group, figure }: Pick<Check, 'group' | 'figure'>): string {
  return group === undefined
    ? GATE_FIGURES[figure].title
    : `${group}: ${GATE_FIGURES[figure].title}`;
}

function figure(value: number | null): string {
  return value === null ? 'not defined' : value.toFixed(3);
}

function signed(value: number | null): string {
  if (value === null) return 'not defined';
  return `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
