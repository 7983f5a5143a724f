import type { TopLevelSpec } from 'vega-lite';
import type { Budget } from './budgets.ts';
import type { Decision, Figure } from './comparison.ts';
import { type ComparedPart, figureName, OVERVIEW, verdict } from './comparison-markdown.ts';
import { TECHNIQUES } from './techniques.ts';

type Panel = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number];

const PANELS: readonly {
  readonly decision: Decision;
  readonly figure: Figure;
  readonly under: string;
}[] = [
  { decision: 'as-trained', figure: 'accuracy', under: 'scores as trained' },
  { decision: 'as-trained', figure: 'macroF1', under: 'scores as trained' },
  { decision: 'training-prior', figure: 'macroF1', under: 'training prior' },
  { decision: 'uniform-prior', figure: 'balancedAccuracy', under: 'uniform prior' },
  { decision: 'training-prior', figure: 'macroAuc', under: 'training prior' },
];

/**
 * Differences to the baseline with their intervals: a panel a figure, or where there are several sources a panel a
 * figure at home and abroad.
 *
 * @param parts all images first
 */
export function comparisonChart(parts: readonly ComparedPart[], budget: Budget): TopLevelSpec {
  const [all] = parts;
  const others = all!.compared.filter(({ figures }) => figures['as-trained'].accuracy.difference);
  const title = (name: string) => TECHNIQUES.find((t) => t.name === name)?.title ?? name;
  const order = others.map(({ technique }) => title(technique));
  const homeAndAbroad = parts.filter(({ name }) => name === 'home' || name === 'abroad');
  const shown =
    homeAndAbroad.length === 0
      ? PANELS.map((panel) => ({ ...panel, part: all! }))
      : OVERVIEW.slice(0, 2).flatMap(({ decision, figure }) =>
          homeAndAbroad.map((part) => ({ decision, figure, part, under: part.name })),
        );
  const panels = shown.map(({ decision, figure, under, part }, i): Panel => {
    const compared = new Map(part.compared.map((of) => [of.technique, of.figures] as const));
    const values = others.map(({ technique }) => {
      const figures = compared.get(technique)!;
      const { difference } = figures[decision][figure];
      const { low, high } = difference!.interval;
      return {
        technique: title(technique),
        value: difference!.value,
        low,
        high,
        verdict: verdict(figures[decision][figure]),
      };
    });
    const y = {
      field: 'technique',
      type: 'nominal' as const,
      sort: order,
      title: null,
      axis: i === 0 ? { labelLimit: 420, domain: false, ticks: false } : null,
    };
    const x = {
      type: 'quantitative' as const,
      title: under,
      axis: { tickCount: 3, format: '+.2~f' },
    };
    const color = {
      field: 'verdict',
      type: 'nominal' as const,
      scale: { domain: ['better', 'worse', 'open'], range: ['#009e73', '#d55e00', '#777777'] },
      legend: null,
    };
    return {
      width: 130,
      height: { step: 24 },
      title: { text: figureName(figure), fontSize: 12, anchor: 'start' },
      data: { values },
      layer: [
        {
          data: { values: [{ zero: 0 }] },
          mark: { type: 'rule', stroke: '#999', strokeDash: [4, 4] },
          encoding: { x: { field: 'zero', type: 'quantitative' } },
        },
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: { y, x: { ...x, field: 'low' }, x2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 45, opacity: 1 },
          encoding: { y, x: { ...x, field: 'value' }, color },
        },
      ],
    };
  });
  return {
    title: {
      text: 'Difference to plain cross-entropy',
      subtitle: `${budget.title}, ${all!.validation} validation images; 95 % intervals, paired over lesions and seeds`,
    },
    spacing: 24,
    hconcat: panels,
  };
}
