import type { CaseIndex } from '@naevus/shared/model/case-index';
import type { FindSimilarCases } from '@naevus/shared/model/find-similar-cases';
import { malignantIndices } from '@naevus/shared/taxonomy/taxonomy';
import * as tf from '@tensorflow/tfjs-core';
import { countLesions } from '../../data/load/count-lesions.ts';
import {
  defaultOperatingPoint,
  labelIndex,
  malignantScore,
  taxonomy,
} from '../../taxonomy/current.ts';
import { type Measured, measuredShare, type Trial } from '../assessment/lesion-interval.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';

/** Nearest cases that vote on a diagnosis, as in Tschandl et al., Br J Dermatol 181:155 (2019). */
export const VOTES = 16;
const PRECISION_AT = [1, 5, VOTES] as const;

/** An image of a lesion that is not in the index. */
export interface HeldOutImage {
  readonly imageId: string;
  readonly label: string;
  readonly lesionId: string | null;
  /** As served, by fits that its lesion had no part in. */
  readonly scores: readonly number[];
  readonly features: Float32Array;
}

/** Figures of one class, or of all. */
export interface ClassSimilarity {
  readonly images: number;
  readonly cases: number;
  /** Of the nearest 1, 5 and 16 cases: the share that has the image's diagnosis. */
  readonly precision: Readonly<Record<(typeof PRECISION_AT)[number], Measured>>;
  readonly meanAveragePrecision: number | null;
  /** Share whose diagnosis most of the nearest cases have. */
  readonly vote: Measured;
  /** Share whose diagnosis has the highest score. */
  readonly scores: Measured;
}

/** `reports/similarity.json` */
export interface SimilarityReport {
  readonly schemaVersion: 1;
  readonly data: { readonly split: string; readonly images: number; readonly lesions: number };
  readonly index: {
    readonly cases: number;
    readonly dimensions: number;
    readonly bytes: number;
    readonly pictures: number;
    readonly pictureBytes: number;
    /** Share of the nearest 5 cases that have a picture, and of the images where at least one has. */
    readonly picturedOfNearest5: number;
    readonly imagesWithPicturedCase: number;
  };
  readonly all: ClassSimilarity;
  readonly byClass: Readonly<Record<string, ClassSimilarity>>;
  /** All features in full precision, for comparison. */
  readonly fullSearch: { readonly precisionAt5: number; readonly meanAveragePrecision: number };
  /** Vote and scores name different classes. */
  readonly disagreement: {
    readonly images: number;
    readonly scoresRight: number;
    readonly voteRight: number;
    /** Share right by the scores where both agree. */
    readonly accuracyWhereAgreed: number | null;
    /** The same of as many images, those with the highest top scores. */
    readonly accuracyOfSurest: number | null;
    /**
     * Images that triage calls routine though a malignant case is among the nearest 16, and how many of them are
     * malignant; beside them, as many images as a lower threshold would send to review instead. null where
     * nothing was fitted.
     */
    readonly review: {
      readonly images: number;
      readonly malignant: number;
      readonly malignantByLowerThreshold: number;
    } | null;
  };
}

export interface SimilarityMeasurement {
  readonly images: readonly HeldOutImage[];
  readonly index: CaseIndex;
  readonly search: FindSimilarCases;
  /** Features of the cases, in the index's order. */
  readonly caseFeatures: readonly Float32Array[];
  readonly indexBytes: number;
  readonly split: string;
  readonly thresholds?: Readonly<Record<string, number>> | undefined;
  readonly seed: number;
}

/** Measures what a search finds for images of lesions that are not in the index. */
export function similarityReport({
  images,
  index,
  search,
  caseFeatures,
  indexBytes,
  split,
  thresholds,
  seed,
}: SimilarityMeasurement): SimilarityReport {
  const labels = index.cases.map(({ label }) => label);
  const features = images.map((image) => image.features);
  const full = rankAll(features, caseFeatures, images, labels);
  const projected = rankAll(
    features.map((vector) => project(vector, index)),
    index.cases.map((_, i) => Float32Array.from(rowOf(index, i))),
    images,
    labels,
  );
  const looked = images.map((image, i): LookedUp => {
    const nearest = search(image.features, VOTES).nearest.map(({ position }) => position);
    return {
      ...image,
      nearest,
      vote: majority(nearest.map((position) => labels[position]!)),
      top: topClass(image.scores),
      averagePrecision: projected[i]!.averagePrecision,
    };
  });
  const figures = (of: readonly LookedUp[], cases: number) =>
    classSimilarity(of, labels, cases, seed);
  const pictured = (position: number) => index.cases[position]!.pictureBytes > 0;
  const near = looked.map(({ nearest }) => nearest.slice(0, 5).filter(pictured).length);
  const pictureBytes = index.cases.map((one) => one.pictureBytes).filter((bytes) => bytes > 0);
  return {
    schemaVersion: 1,
    data: { split, images: images.length, lesions: countLesions(images) },
    index: {
      cases: labels.length,
      dimensions: index.rows.length / labels.length,
      bytes: indexBytes,
      pictures: pictureBytes.length,
      pictureBytes: sum(pictureBytes),
      picturedOfNearest5: sum(near) / sum(looked.map(({ nearest }) => Math.min(5, nearest.length))),
      imagesWithPicturedCase: near.filter((count) => count > 0).length / images.length,
    },
    all: figures(looked, labels.length),
    byClass: Object.fromEntries(
      taxonomy().classes.map(({ label }, k) => [
        label,
        figures(
          looked.filter((image) => image.label === label),
          labels.filter((one) => one === k).length,
        ),
      ]),
    ) as SimilarityReport['byClass'],
    fullSearch: {
      precisionAt5: mean(full.map(({ precisionAt5 }) => precisionAt5)),
      meanAveragePrecision: mean(full.map(({ averagePrecision }) => averagePrecision)),
    },
    disagreement: disagreement(looked, labels, thresholds),
  };
}

interface LookedUp extends HeldOutImage {
  /** Over the ranking of all cases by their rows of the index. */
  readonly averagePrecision: number;
  readonly nearest: readonly number[];
  readonly vote: number;
  readonly top: number;
}

function classSimilarity(
  images: readonly LookedUp[],
  labels: readonly number[],
  cases: number,
  seed: number,
): ClassSimilarity {
  const share = (hits: (image: LookedUp) => readonly boolean[]): Measured =>
    measuredShare(
      images.flatMap((image): Trial[] =>
        hits(image).map((hit) => ({ hit, lesionId: image.lesionId ?? image.imageId })),
      ),
      seed,
    );
  const own = ({ label }: LookedUp) => labelIndex(label);
  return {
    images: images.length,
    cases,
    precision: Object.fromEntries(
      PRECISION_AT.map((count) => [
        count,
        share((image) =>
          image.nearest.slice(0, count).map((position) => labels[position] === own(image)),
        ),
      ]),
    ) as ClassSimilarity['precision'],
    meanAveragePrecision:
      images.length > 0 ? mean(images.map(({ averagePrecision }) => averagePrecision)) : null,
    vote: share((image) => [image.vote === own(image)]),
    scores: share((image) => [image.top === own(image)]),
  };
}

function disagreement(
  looked: readonly LookedUp[],
  labels: readonly number[],
  thresholds: Readonly<Record<string, number>> | undefined,
): SimilarityReport['disagreement'] {
  const right = ({ label }: LookedUp, answer: number) => labelIndex(label) === answer;
  const apart = looked.filter(({ vote, top }) => vote !== top);
  const agreed = looked.filter(({ vote, top }) => vote === top);
  const surest = looked
    .toSorted((a, b) => Math.max(...b.scores) - Math.max(...a.scores))
    .slice(0, agreed.length);
  const accuracy = (of: readonly LookedUp[]) =>
    of.length > 0 ? mean(of.map((image) => (right(image, image.top) ? 1 : 0))) : null;
  return {
    images: apart.length,
    scoresRight: apart.filter((image) => right(image, image.top)).length,
    voteRight: apart.filter((image) => right(image, image.vote)).length,
    accuracyWhereAgreed: accuracy(agreed),
    accuracyOfSurest: accuracy(surest),
    review: reviewed(looked, labels, thresholds?.[defaultOperatingPoint()]),
  };
}

function reviewed(
  looked: readonly LookedUp[],
  labels: readonly number[],
  threshold: number | undefined,
): SimilarityReport['disagreement']['review'] {
  if (threshold === undefined) return null;
  const malignant = new Set(malignantIndices(taxonomy()));
  const count = (of: readonly LookedUp[]) =>
    of.filter(({ label }) => malignant.has(labelIndex(label))).length;
  const routine = looked
    .filter(({ scores }) => malignantScore(scores) < threshold)
    .sort((a, b) => malignantScore(b.scores) - malignantScore(a.scores));
  const extra = routine.filter(({ nearest }) =>
    nearest.some((position) => malignant.has(labels[position]!)),
  );
  return {
    images: extra.length,
    malignant: count(extra),
    malignantByLowerThreshold: count(routine.slice(0, extra.length)),
  };
}

/** The label that most have; of several the one that is nearest. */
function majority(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return labels.find((label) => counts.get(label) === most)!;
}

const IMAGES_AT_ONCE = 250;

interface Ranking {
  readonly precisionAt5: number;
  readonly averagePrecision: number;
}

/** Ranks all cases by the cosine of their vectors with each image's, in float32. */
function rankAll(
  queries: readonly Float32Array[],
  cases: readonly Float32Array[],
  images: readonly HeldOutImage[],
  labels: readonly number[],
): Ranking[] {
  const caseRows = unitRows(cases);
  const rankings: Ranking[] = [];
  for (let from = 0; from < queries.length; from += IMAGES_AT_ONCE) {
    const some = queries.slice(from, from + IMAGES_AT_ONCE);
    const similarities = tf.tidy(() =>
      tf.matMul(unitRows(some), caseRows, false, true).dataSync<'float32'>(),
    );
    for (const i of some.keys()) {
      const row = similarities.subarray(i * labels.length, (i + 1) * labels.length);
      const ranked = Array.from(labels.keys()).sort((a, b) => row[b]! - row[a]!);
      const own = labelIndex(images[from + i]!.label);
      const hits = ranked.map((position) => labels[position] === own);
      const five = hits.slice(0, 5);
      rankings.push({
        precisionAt5: five.filter(Boolean).length / five.length,
        averagePrecision: averagePrecision(hits),
      });
    }
  }
  caseRows.dispose();
  return rankings;
}

function project(features: Float32Array, { projection }: CaseIndex): Float32Array {
  const size = features.length;
  return Float32Array.from({ length: projection.length / size }, (_, direction) => {
    let total = 0;
    for (let i = 0; i < size; i++) total += features[i]! * projection[direction * size + i]!;
    return total;
  });
}

function rowOf({ rows, cases }: CaseIndex, position: number): Int8Array {
  const dimensions = rows.length / cases.length;
  return rows.subarray(position * dimensions, (position + 1) * dimensions);
}

function unitRows(vectors: readonly Float32Array[]): tf.Tensor2D {
  const size = vectors[0]!.length;
  const rows = new Float32Array(vectors.length * size);
  for (const [row, vector] of vectors.entries()) {
    const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
    for (let i = 0; i < size; i++) rows[row * size + i] = vector[i]! / (length || 1);
  }
  return tf.tensor2d(rows, [vectors.length, size]);
}

/** Mean precision at the ranks of the hits; 0 where there are none. */
function averagePrecision(hits: readonly boolean[]): number {
  let [found, total] = [0, 0];
  for (const [rank, hit] of hits.entries()) {
    if (!hit) continue;
    found++;
    total += found / (rank + 1);
  }
  return found > 0 ? total / found : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
