import type { Interval } from '../evaluate/metrics/bootstrap.ts';
import { tableMarkdown } from '../reports/document/render-markdown.ts';
import { criticalName } from '../taxonomy/current.ts';
import type { Budget } from './budgets.ts';
import type { Compared, ComparedTechnique, Decision, Figure } from './comparison.ts';
import { TECHNIQUES } from './techniques.ts';

/** Which figures a decision is judged by: those that the prior it assumes is made for. */
const TABLES: readonly {
  readonly decision: Decision;
  readonly title: string;
  readonly figures: readonly Figure[];
}[] = [
  {
    decision: 'as-trained',
    title: 'Scores as the technique leaves them, the highest one decides',
    figures: ['accuracy', 'macroF1', 'balancedAccuracy', 'macroAuc', 'melanomaRecall'],
  },
  {
    decision: 'training-prior',
    title: "Scores taken to the training prior by Bayes' rule",
    figures: ['accuracy', 'macroF1', 'macroAuc'],
  },
  {
    decision: 'uniform-prior',
    title: "Scores taken to a uniform prior by Bayes' rule",
    figures: ['balancedAccuracy', 'macroF1', 'melanomaRecall'],
  },
];

export function figureName(figure: Figure): string {
  const names: Readonly<Record<Figure, string>> = {
    accuracy: 'accuracy',
    macroF1: 'macro F1',
    balancedAccuracy: 'balanced accuracy',
    macroAuc: 'macro AUC',
    melanomaRecall: `${criticalName() ?? 'critical'} recall`,
  };
  return names[figure];
}

/** What the baseline lacks, or has too much of, by the interval of the paired difference. */
export function verdict({ difference }: Compared): 'better' | 'worse' | 'open' {
  if (!difference || difference.interval.low === null || difference.interval.high === null) {
    return 'open';
  }
  if (difference.interval.low > 0) return 'better';
  return difference.interval.high < 0 ? 'worse' : 'open';
}

/** What techniques are on some of the validation images. */
export interface ComparedPart {
  /** As a part of the comparison has it. */
  readonly name: string;
  readonly validation: number;
  readonly lesions: number;
  readonly compared: readonly ComparedTechnique[];
}

/** Parts that have all tables; those of single sources are in the overview alone. */
const WHOLE_PARTS: Readonly<Record<string, string>> = {
  all: '',
  home: ', images of the home source',
  abroad: ', images of the other sources',
};

/** What the overview of several parts shows. */
export const OVERVIEW: readonly { readonly decision: Decision; readonly figure: Figure }[] = [
  { decision: 'uniform-prior', figure: 'balancedAccuracy' },
  { decision: 'training-prior', figure: 'macroAuc' },
  { decision: 'uniform-prior', figure: 'melanomaRecall' },
];

/**
 * The comparison as Markdown: where there are several sources, first an overview of all parts; then for each decision
 * a table of figures, each with its paired difference to the baseline, bold where the interval excludes zero, and
 * what follows from them.
 *
 * @param parts all images first
 * @param trainingImages how many there are
 */
export function comparisonMarkdown(
  parts: readonly ComparedPart[],
  budget: Budget,
  trainingImages: number,
): string {
  const { compared } = parts[0]!;
  const baseline = title(compared.find(isBaseline)!);
  const text = [
    `# ${budget.title}`,
    `${budget.description} ${count(compared[0]!.seeds, 'seed')}, ${count(trainingImages, 'training image')}. A cell is the mean over the seeds, then the difference to ${baseline} with its 95 % interval (bootstrap over lesions and seeds, paired); bold where the interval excludes zero.`,
    `![Differences to ${baseline}](${budget.name}.svg)`,
  ];
  const [, ...bySource] = parts;
  if (bySource.length > 0) {
    text.push(
      '## At home and abroad',
      `Images (lesions): ${bySource.map(({ name, validation, lesions }) => `${name} ${validation} (${lesions})`).join(', ')}.`,
    );
    for (const { decision, figure } of OVERVIEW) {
      text.push(
        `### ${capitalized(figureName(figure))}, ${PRIOR_TEXTS[decision]}`,
        tableMarkdown({
          head: ['technique', ...bySource.map(({ name }) => name)],
          rows: compared.map((technique, t) => [
            title(technique),
            ...bySource.map((part) => cell(part.compared[t]!.figures[decision][figure])),
          ]),
        }),
      );
    }
  }
  for (const part of parts) {
    const of = WHOLE_PARTS[part.name];
    if (of !== undefined) text.push(...wholeTables(part, `${budget.title}${of}`));
  }
  return `${text.join('\n\n')}\n`;
}

const PRIOR_TEXTS: Readonly<Record<Decision, string>> = {
  'as-trained': 'scores as trained',
  'training-prior': 'training prior',
  'uniform-prior': 'uniform prior',
};

function wholeTables({ compared, ...images }: ComparedPart, heading: string): string[] {
  const text = [
    `## ${heading}`,
    `${count(images.validation, 'validation image')} of ${count(images.lesions, 'lesion')}.`,
  ];
  for (const { decision, title: ofDecision, figures } of TABLES) {
    const head = ['technique', ...figures.map((figure) => figureName(figure))];
    const rows = compared.map((technique) => [
      title(technique),
      ...figures.map((figure) => cell(technique.figures[decision][figure])),
    ]);
    text.push(`### ${ofDecision}`, tableMarkdown({ head, rows }));
  }
  return [...text, conclusions(compared)];
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A sentence a figure: what is best, by how much, and what is worse than the baseline. */
function conclusions(compared: readonly ComparedTechnique[]): string {
  const lines = TABLES.flatMap(({ decision, title: heading, figures }) =>
    figures.map((figure) => {
      const ranked = compared.toSorted(
        (a, b) => b.figures[decision][figure].value - a.figures[decision][figure].value,
      );
      const best = ranked[0]!;
      const { value } = best.figures[decision][figure];
      const of = (wanted: 'better' | 'worse') =>
        compared
          .filter((technique) => verdict(technique.figures[decision][figure]) === wanted)
          .map(title);
      const [better, worse] = [of('better'), of('worse')];
      const lead = isBaseline(best)
        ? `nothing beats ${title(best)} (${value.toFixed(3)})`
        : `highest for ${title(best)} (${value.toFixed(3)}, ${difference(best.figures[decision][figure])})`;
      const list = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join('; '));
      return `- ${figureName(figure)}, ${heading.charAt(0).toLowerCase()}${heading.slice(1)}: ${lead}. Better than the baseline beyond chance: ${list(better)}. Worse: ${list(worse)}.`;
    }),
  );
  return `### What follows\n\n${lines.join('\n')}`;
}

function cell(compared: Compared): string {
  const value = compared.value.toFixed(3);
  if (!compared.difference) return value;
  const text = difference(compared);
  return `${value} ${verdict(compared) === 'open' ? text : `**${text}**`}`;
}

function difference({ difference: found }: Compared): string {
  if (!found) return '';
  return `${signed(found.value)} (${bounds(found.interval)})`;
}

function bounds({ low, high }: Interval): string {
  return low === null || high === null ? '–' : `${signed(low)} to ${signed(high)}`;
}

/** With the minus sign, so that a column reads well. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(3);
  return `${value < 0 && Number(text) !== 0 ? '−' : '+'}${text}`;
}

function title({ technique }: ComparedTechnique): string {
  return TECHNIQUES.find(({ name }) => name === technique)?.title ?? technique;
}

function isBaseline({ figures }: ComparedTechnique): boolean {
  return figures['as-trained'].accuracy.difference === null;
}

function count(value: number, noun: string): string {
  return `${value.toLocaleString('en-US')} ${noun}${value === 1 ? '' : 's'}`;
}
