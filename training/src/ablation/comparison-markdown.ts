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

/**
 * The comparison as Markdown: for each decision a table of figures, each with its paired difference to the
 * baseline, bold where the interval excludes zero, and what follows from them.
 */
export function comparisonMarkdown(
  compared: readonly ComparedTechnique[],
  budget: Budget,
  images: { readonly validation: number; readonly lesions: number },
): string {
  const baseline = title(compared.find(isBaseline)!);
  const parts = [
    `## ${budget.title}`,
    `${budget.description} ${count(compared[0]!.seeds, 'seed')}, ${images.validation.toLocaleString('en-US')} validation images of ${images.lesions.toLocaleString('en-US')} lesions. A cell is the mean over the seeds, then the difference to ${baseline} with its 95 % interval (bootstrap over lesions and seeds, paired); bold where the interval excludes zero.`,
  ];
  for (const { decision, title: heading, figures } of TABLES) {
    const head = ['technique', ...figures.map((figure) => figureName(figure))];
    const rows = compared.map((technique) => [
      title(technique),
      ...figures.map((figure) => cell(technique.figures[decision][figure])),
    ]);
    parts.push(`### ${heading}`, tableMarkdown({ head, rows }));
  }
  parts.push(`![Differences to ${baseline}](${budget.name}.svg)`, conclusions(compared));
  return `${parts.join('\n\n')}\n`;
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
  return `${value} ${noun}${value === 1 ? '' : 's'}`;
}
