import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { Analysis, ServedModel } from '../analysis/engine.ts';
import { answerAboutImage, modelReference } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions } from '../answers/resolve-options.ts';
import { LIMITS } from '../language/limits.ts';
import type { BatchItem, ModelReference } from '../schemas/prediction.ts';
import { predictQuerySchema } from '../schemas/request.ts';
import type { ImageReference } from './messages.ts';

/** What is kept of an image: what `/predict` answers, or its problem document as a batch has it. */
export type ImageResult = {
  readonly source: ImageReference;
  readonly model: ModelReference;
  readonly prior: AnswerOptions['prior'];
  readonly limits: string;
  readonly disclaimer: string;
} & BatchItem;

const QUERY = predictQuerySchema.parse({});

/**
 * @param id for the problem document
 */
export function imageResult(
  source: ImageReference,
  found: Analysis | ProblemError,
  model: ServedModel,
  id: string,
): ImageResult {
  const options = resolveOptions(QUERY, () => undefined, model);
  return {
    source,
    model: modelReference(model),
    prior: options.prior,
    ...(found instanceof ProblemError
      ? { error: found.document(id) }
      : answerAboutImage(found, QUERY.top_k, model, options)),
    limits: LIMITS,
    disclaimer: DISCLAIMER,
  };
}
