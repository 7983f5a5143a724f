import type { Analysis, ServedModel } from '../analysis/engine.ts';
import { answerAboutLesion } from '../answers/lesion-answer.ts';
import { type TabledLesion, tooManyPhotos } from '../answers/lesion-table.ts';
import { answerAboutImage, averagedViews, modelReference } from '../answers/prediction-answer.ts';
import { ProblemError, problemOr } from '../answers/problem-error.ts';
import { type AnswerOptions, withPatient } from '../answers/resolve-options.ts';
import { caveatsIn, translateAnswer, translateLesion } from '../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import type { BatchItem, ModelReference, PredictResponse } from '../schemas/prediction.ts';
import { type AskedByJob, answerOptionsOf } from './job-options.ts';
import type { ImageReference } from './messages.ts';

/** What is kept with every result. */
interface ResultHead<S> {
  readonly source: S;
  readonly model: ModelReference;
  readonly prior: AnswerOptions['prior'];
  readonly tta?: PredictResponse['tta'];
  readonly limits: string;
  readonly disclaimer: string;
  readonly translation?: string;
}

/** What is kept of an image: what `/predict` answers, or its problem document as a batch has it. */
export type ImageResult = ResultHead<ImageReference> & BatchItem;

/** What a lesion's result is about. */
export interface LesionSource {
  readonly lesion: string;
  /** Names of its images, as in its table. */
  readonly images: readonly string[];
}

/** What is kept of a lesion: what `/lesion` answers, or its problem document. */
export type LesionResult = ResultHead<LesionSource> &
  (LesionAnswer | Extract<BatchItem, { error: unknown }>);

export type ItemResult = ImageResult | LesionResult;

export function lesionSource({ lesion, images }: TabledLesion): LesionSource {
  return { lesion, images };
}

/**
 * What is kept of an image that was looked at.
 *
 * @param id for the problem document
 */
export function imageResult(
  source: ImageReference,
  found: Analysis | ProblemError,
  model: ServedModel,
  asked: AskedByJob,
  id: string,
): ImageResult {
  const { taxonomy } = model;
  const options = answerOptionsOf(asked, model);
  const { language = DEFAULT_LANGUAGE } = asked.options;
  const answer =
    found instanceof ProblemError
      ? found
      : problemOr(() => answerAboutImage(found, taxonomy.classes.length, model, options));
  return {
    ...resultHead(source, model, options, asked),
    ...(answer instanceof ProblemError
      ? { error: answer.document(id) }
      : translateAnswer(answer, language, taxonomy)),
  };
}

/**
 * What is kept of a lesion.
 *
 * @param photos as many as it has, in their order; none where there are too many
 * @param id for the problem document
 */
export function lesionResult(
  lesion: TabledLesion,
  photos: readonly (Analysis | ProblemError)[],
  model: ServedModel,
  asked: AskedByJob,
  id: string,
): LesionResult {
  const { taxonomy } = model;
  const options = withPatient(answerOptionsOf(asked, model), lesion.patient, model);
  const answer =
    tooManyPhotos(lesion) ??
    problemOr(() => answerAboutLesion(photos, taxonomy.classes.length, model, options, id));
  return {
    ...resultHead(lesionSource(lesion), model, options, asked),
    ...(answer instanceof ProblemError
      ? { error: answer.document(id) }
      : translateLesion(answer, asked.options.language ?? DEFAULT_LANGUAGE, taxonomy)),
  };
}

function resultHead<S>(
  source: S,
  model: ServedModel,
  { prior }: AnswerOptions,
  { options: { tta, language = DEFAULT_LANGUAGE } }: AskedByJob,
): ResultHead<S> {
  return {
    source,
    model: modelReference(model),
    prior,
    ...averagedViews(tta),
    ...caveatsIn(language, model),
  };
}
