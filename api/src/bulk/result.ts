import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import type { Analysis, ServedModel } from '../analysis/engine.ts';
import { answerAboutImage, averagedViews, modelReference } from '../answers/prediction-answer.ts';
import { ProblemError, problemOr } from '../answers/problem-error.ts';
import type { AnswerOptions } from '../answers/resolve-options.ts';
import { caveatsIn, translateAnswer } from '../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import type { BatchItem, ModelReference, PredictResponse } from '../schemas/prediction.ts';
import { type AskedByJob, answerOptionsOf } from './job-options.ts';
import type { ImageReference } from './messages.ts';

/** What is kept of an image: what `/predict` answers, or its problem document as a batch has it. */
export type ImageResult = {
  readonly source: ImageReference;
  readonly model: ModelReference;
  readonly prior: AnswerOptions['prior'];
  readonly tta?: PredictResponse['tta'];
  readonly limits: string;
  readonly disclaimer: string;
  readonly translation?: string;
} & BatchItem;

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
  const options = answerOptionsOf(asked, model);
  const { tta, language = DEFAULT_LANGUAGE } = asked.options;
  const answer =
    found instanceof ProblemError
      ? found
      : problemOr(() => answerAboutImage(found, CLASS_COUNT, model, options));
  return {
    source,
    model: modelReference(model),
    prior: options.prior,
    ...averagedViews(tta),
    ...(answer instanceof ProblemError
      ? { error: answer.document(id) }
      : translateAnswer(answer, language)),
    ...caveatsIn(language),
  };
}
