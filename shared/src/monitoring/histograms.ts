import { labelsOf, type Taxonomy } from '../taxonomy/taxonomy.ts';
import {
  type CountedAnswer,
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
  type DriftQuantity,
  measureAnswer,
} from './quantities.ts';

/** Answers counted in the bins of `DRIFT_EDGES`, and by their label. */
export interface AnswerHistograms {
  /** Answers in all. */
  readonly images: number;
  /** One count a label, in the order of the outputs. */
  readonly labels: readonly number[];
  /** One count a bin, one bin more than edges. Left out where nothing measured it. */
  readonly quantities: Readonly<Partial<Record<DriftQuantity, readonly number[]>>>;
}

/** The bin of a value: the first whose upper edge it does not exceed, else the last. */
export function binOf(value: number, edges: readonly number[]): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Counts answers; a quantity that none of them has is left out. */
export function countAnswers(
  answers: readonly CountedAnswer[],
  taxonomy: Taxonomy,
): AnswerHistograms {
  const names = labelsOf(taxonomy);
  const labels = names.map(() => 0);
  const quantities = new Map<DriftQuantity, number[]>();
  for (const answer of answers) {
    const { label, values } = measureAnswer(answer, taxonomy);
    labels[names.indexOf(label)]!++;
    for (const quantity of DRIFT_QUANTITIES) {
      const value = values[quantity];
      if (value === undefined) continue;
      const edges = DRIFT_EDGES[quantity];
      let counts = quantities.get(quantity);
      if (counts === undefined) {
        counts = Array.from({ length: edges.length + 1 }, () => 0);
        quantities.set(quantity, counts);
      }
      counts[binOf(value, edges)]!++;
    }
  }
  return { images: answers.length, labels, quantities: Object.fromEntries(quantities) };
}

/** All of them together: what several servers have counted. */
export function addHistograms(all: readonly AnswerHistograms[]): AnswerHistograms {
  return all.reduce((sum, one) => combine(sum, one, (a, b) => a + b));
}

/**
 * What was counted between two readings of one server.
 *
 * @returns undefined where a count has become smaller: the server restarted in between
 */
export function subtractHistograms(
  later: AnswerHistograms,
  earlier: AnswerHistograms,
): AnswerHistograms | undefined {
  const difference = combine(later, earlier, (a, b) => a - b);
  const { images, labels, quantities } = difference;
  const counts = [images, ...labels, ...Object.values(quantities).flat()];
  return counts.some((count) => count < 0) ? undefined : difference;
}

function combine(
  a: AnswerHistograms,
  b: AnswerHistograms,
  of: (a: number, b: number) => number,
): AnswerHistograms {
  const quantities = DRIFT_QUANTITIES.flatMap((quantity) => {
    const [ours, theirs] = [a.quantities[quantity], b.quantities[quantity]];
    if (ours === undefined && theirs === undefined) return [];
    const length = DRIFT_EDGES[quantity].length + 1;
    const counts = Array.from({ length }, (_, i) => of(ours?.[i] ?? 0, theirs?.[i] ?? 0));
    return [[quantity, counts]];
  });
  return {
    images: of(a.images, b.images),
    labels: a.labels.map((count, i) => of(count, b.labels[i]!)),
    quantities: Object.fromEntries(quantities),
  };
}
