import type { FloorCheck } from '../evaluate/gate/check-floors.ts';
import type { Check } from '../evaluate/gate/compare-models.ts';
import { gateFigureTitle } from '../evaluate/gate/gate-figures.ts';
import type { GateReport } from '../evaluate/gate/gate-report.ts';
import { tableMarkdown } from './document/render-markdown.ts';

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
    lines.push(
      '',
      '## Why it is refused',
      '',
      ...refusals.map((check) => `- ${describeCheck(check)}`),
    );
  }
  if (current) {
    const percent = Number((100 * policy.confidence).toPrecision(4));
    lines.push(
      '',
      '## All images',
      '',
      `Refused where the whole ${percent} % interval of the difference (paired bootstrap over lesions, ${policy.resamples} resamples) is on the worse side.`,
      '',
      checksTable(checks.filter(({ group }) => group === undefined)),
    );
    const groups = checks.filter(({ group }) => group !== undefined);
    lines.push('', '## Subgroups', '');
    if (groups.length === 0) lines.push('None is large enough to be looked at.');
    else {
      lines.push(
        `Refused where more than ${policy.subgroups.margin} is lost and the interval, wide enough to hold for all ${groups.length} figures together, is on the worse side; noted where only the first is so.`,
        '',
        checksTable(groups),
      );
    }
  } else {
    lines.push(
      '',
      '## Floors',
      '',
      tableMarkdown({
        head: ['', 'figure', 'value', 'floor'],
        rows: floors.map(({ verdict, title, value, bound, floor }) => [
          verdict,
          title,
          figure(value),
          `${bound} ${floor}`,
        ]),
      }),
    );
  }
  if (notes.length > 0) lines.push('', '## Notes', '', ...notes.map((note) => `- ${note}`));
  return `${lines.join('\n')}\n`;
}

function checksTable(checks: readonly Check[]): string {
  return tableMarkdown({
    head: ['', 'figure', 'images', 'current', 'candidate', 'difference', 'interval'],
    rows: checks.map(({ verdict, images, current, candidate, difference, interval, ...check }) => [
      verdict === 'refused' ? '**refused**' : verdict,
      title(check),
      String(images),
      figure(current),
      figure(candidate),
      signed(difference),
      `${signed(interval.low)} to ${signed(interval.high)}`,
    ]),
  });
}

/** A check in a sentence. */
export function describeCheck(check: Check | FloorCheck): string {
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
  return group === undefined ? gateFigureTitle(figure) : `${group}: ${gateFigureTitle(figure)}`;
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
