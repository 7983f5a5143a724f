import { TRIAGE, type Triage } from '@naevus/shared/answer/operating-point';
import { type PooledPhoto, photoWeights, poolPhotos } from '@naevus/shared/answer/pool-photos';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Analysis, ServedModel } from '../analysis/engine.ts';
import type { Assessment } from '../schemas/assessment.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import { ABSTENTION_REASONS, type ReasonCode } from '../schemas/reasons.ts';
import { type Judgement, judge, reasonOf } from './assess.ts';
import {
  abstention,
  answerAboutImage,
  answeredScores,
  assessmentFactors,
  type ImageAnswer,
} from './prediction-answer.ts';
import { ProblemError } from './problem-error.ts';
import type { AnswerOptions } from './resolve-options.ts';
import { mergeFoundCases, similarAnswer } from './similar-answer.ts';

/** What is pooled by a version that was not fitted for several photos. */
const DEFAULT_POOLING = 'mean-logit';

/** A photo that could be read. */
interface ReadPhoto {
  readonly place: number;
  readonly analysis: Analysis;
  readonly answer: ImageAnswer;
}

/**
 * One answer to all photos of a lesion. Photos that are abstained from, and those that could not be read,
 * have no vote; where none is left, all that could be read are pooled and the answer abstains. A lesion of
 * one photo with a vote is judged as an image is.
 *
 * @param photos in the order sent
 * @throws ProblemError `all-images-failed`; `abstained` where the options are strict
 */
export function answerAboutLesion(
  photos: readonly (Analysis | ProblemError)[],
  topK: number,
  model: ServedModel,
  options: AnswerOptions,
  requestId: string,
): LesionAnswer {
  const { manifest, taxonomy } = model;
  const labels = labelsOf(taxonomy);
  const alone: AnswerOptions = { ...options, strict: false, patient: undefined };
  const read = photos.flatMap((photo, place): ReadPhoto[] =>
    photo instanceof ProblemError
      ? []
      : [{ place, analysis: photo, answer: answerAboutImage(photo, topK, model, alone) }],
  );
  if (read.length === 0) throw noneRead(photos as readonly ProblemError[], requestId);

  const sound = read.filter(({ answer }) => !answer.assessment?.abstained);
  const voters = sound.length > 0 ? sound : read;
  const method = manifest.lesions?.pooling ?? DEFAULT_POOLING;
  const pooledPhotos = voters.map(
    ({ analysis: { scores, measurements } }): PooledPhoto => ({
      scores,
      sharpness: measurements?.quality.sharpness,
      distance: measurements?.distance,
    }),
  );
  const several = voters.length > 1 ? manifest.lesions?.severalPhotos : undefined;
  const scores = poolPhotos(pooledPhotos, method, several?.temperature);
  const weights = photoWeights(pooledPhotos, method);
  const weightOf = new Map(voters.map(({ place }, i) => [place, weights[i]!]));
  const judged =
    manifest.assessment &&
    judgeLesion(
      { scores, voters, abstained: sound.length === 0, photos: photos.length },
      model,
      options,
    );
  if (options.strict && judged?.assessment.abstained) throw abstention(judged.assessment);

  const found = voters.flatMap(({ analysis }) => analysis.similar ?? []);
  return {
    ...answeredScores(scores, topK, model, options),
    ...judged,
    ...(options.similar !== undefined &&
      similarAnswer(
        mergeFoundCases(found, options.similar, labels),
        manifest.version,
        judged?.prediction_set?.labels ?? labels,
      )),
    pooled: {
      method,
      photos: photos.length,
      counted: voters.length,
      fitted: voters.length === 1 || several !== undefined,
    },
    images: photos.map((photo, place) => {
      const weight = weightOf.get(place) ?? 0;
      if (photo instanceof ProblemError) return { error: photo.document(requestId), weight };
      return { ...read.find((one) => one.place === place)!.answer, weight };
    }),
  };
}

function judgeLesion(
  {
    scores,
    voters,
    abstained,
    photos,
  }: {
    readonly scores: readonly number[];
    readonly voters: readonly ReadPhoto[];
    readonly abstained: boolean;
    readonly photos: number;
  },
  model: ServedModel,
  options: AnswerOptions,
): Judgement {
  const { manifest, taxonomy } = model;
  const { assessment: spec, lesions, thresholds } = manifest;
  const { default: kind, quantiles } = spec!.conformal;
  const unseenThreshold = spec!.triage.squamous?.threshold;
  const answers = voters.map(({ answer }) => answer);
  const hasScore = answers.some(
    ({ in_distribution, modality }) => in_distribution!.passed && modality?.passed !== false,
  );
  const doubts = new Set<ReasonCode>(
    abstained
      ? answers.flatMap(({ assessment }) =>
          assessment!.reasons
            .map(({ code }) => code)
            .filter((code) => ABSTENTION_REASONS.includes(code)),
        )
      : [],
  );
  if (!abstained && voters.length < photos) doubts.add('photos-left-out');
  const judged = judge(
    {
      scores,
      hasScore,
      abstained,
      doubts: [...doubts],
      factors: assessmentFactors(model, options),
    },
    voters.length === 1
      ? { kind, quantiles: quantiles[kind], thresholds, unseenThreshold, taxonomy }
      : {
          kind,
          unseenThreshold,
          taxonomy,
          quantiles: lesions?.severalPhotos.quantiles,
          thresholds: lesions?.severalPhotos.thresholds ?? thresholds,
        },
    options,
  );
  const word = judged.assessment.triage;
  const moreUrgent = answers.some(({ assessment }) => isMoreUrgent(assessment!.triage, word));
  if (abstained || !moreUrgent) return judged;
  return { ...judged, assessment: withReason(judged.assessment, 'photo-more-urgent', taxonomy) };
}

function isMoreUrgent(word: Triage | null, than: Triage | null): boolean {
  return word !== null && than !== null && TRIAGE.indexOf(word) < TRIAGE.indexOf(than);
}

function withReason(assessment: Assessment, code: ReasonCode, taxonomy: Taxonomy): Assessment {
  return { ...assessment, reasons: [...assessment.reasons, reasonOf(code, taxonomy)] };
}

function noneRead(photos: readonly ProblemError[], requestId: string): ProblemError {
  if (photos.length === 1) return photos[0]!;
  const detail = `all ${photos.length} photos failed; "images" says why, in the order sent`;
  return new ProblemError('all-images-failed', detail, {
    members: {
      images: photos.map((problem) => ({ error: problem.document(requestId), weight: 0 })),
    },
  });
}
