import {
  type AnswerHistograms,
  countAnswers,
  subtractHistograms,
} from '@naevus/shared/monitoring/histograms';
import {
  type CountedAnswer,
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
} from '@naevus/shared/monitoring/quantities';
import { createRandom } from '@naevus/shared/statistics/random';
import { taxonomy } from '../../taxonomy/current.ts';
import {
  expectedStability,
  joinCounts,
  joinRare,
  joinToTenths,
  populationStability,
} from '../drift/population-stability.ts';
import type { DriftReference, ReferenceHalves } from '../drift/reference.ts';

/** Splits of the images into halves, to see what chance does. */
const SPLITS = 200;

/** An answer to an image, as it would be served. */
export interface ReferenceAnswer extends CountedAnswer {
  /** Images of one lesion share it; null: a lesion of its own. */
  readonly lesionId: string | null;
}

/**
 * What later answers are compared with: these answers as histograms, and how far halves of them differ when
 * the lesions are dealt at random.
 *
 * @param answers one or more, all with measurements or none
 * @param split where the images are from
 */
export function buildDriftReference(
  answers: readonly ReferenceAnswer[],
  split: string,
  seed: number,
): DriftReference {
  const all = countAnswers(answers, taxonomy());
  const lesions = byLesion(answers);
  const random = createRandom(seed);
  const pairs = Array.from({ length: SPLITS }, (): [AnswerHistograms, AnswerHistograms] => {
    const half = random.shuffle([...lesions]).slice(0, Math.ceil(lesions.length / 2));
    const one = countAnswers(half.flat(), taxonomy());
    return [one, subtractHistograms(all, one)!];
  });
  const halves = (
    joined: readonly number[],
    countsOf: (one: AnswerHistograms) => readonly number[],
  ) => measureHalves(pairs, joined, countsOf);
  return {
    schemaVersion: 1,
    split,
    images: all.images,
    lesions: lesions.length,
    splits: SPLITS,
    labels: {
      counts: [...all.labels],
      halves: halves(joinRare(all.labels, all.images / 2), ({ labels }) => labels),
    },
    quantities: Object.fromEntries(
      DRIFT_QUANTITIES.flatMap((name) => {
        const counts = all.quantities[name];
        if (counts === undefined) return [];
        const of = halves(joinToTenths(counts), ({ quantities }) => quantities[name]!);
        return [[name, { edges: [...DRIFT_EDGES[name]], counts: [...counts], halves: of }]];
      }),
    ),
  };
}

function measureHalves(
  pairs: readonly (readonly [AnswerHistograms, AnswerHistograms])[],
  joined: readonly number[],
  countsOf: (one: AnswerHistograms) => readonly number[],
): ReferenceHalves {
  const bins = Math.max(...joined) + 1;
  const indices = pairs
    .map(([a, b]) =>
      populationStability(joinCounts(countsOf(a), joined), joinCounts(countsOf(b), joined)),
    )
    .sort((a, b) => a - b);
  const average = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
  return {
    bins,
    mean: average(indices),
    percentile95: indices[Math.ceil(0.95 * indices.length) - 1]!,
    expected: average(pairs.map(([a, b]) => expectedStability(bins, a.images, b.images))),
  };
}

function byLesion(answers: readonly ReferenceAnswer[]): ReferenceAnswer[][] {
  const lesions = new Map<string, ReferenceAnswer[]>();
  for (const [i, answer] of answers.entries()) {
    // No lesion id has a space in front.
    const key = answer.lesionId ?? ` ${i}`;
    const members = lesions.get(key);
    if (members) members.push(answer);
    else lesions.set(key, [answer]);
  }
  return [...lesions.values()];
}
