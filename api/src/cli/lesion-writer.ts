import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { CLASS_COUNT, LABELS } from '@naevus/shared/taxonomy';
import type { Analysis } from '../analysis/engine.ts';
import { answerAboutLesion } from '../answers/lesion-answer.ts';
import { averagedViews, modelReference } from '../answers/prediction-answer.ts';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import { ProblemError, problemOr } from '../answers/problem-error.ts';
import { LIMITS } from '../language/limits.ts';
import type { ModelFolder } from '../runtime/node/models/model-folder.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import { MAX_PHOTOS } from '../schemas/request.ts';
import type { ListedLesion } from './lesion-list.ts';
import { defaultOptions, problemOf } from './prediction-writers.ts';

/** Writes the answers to lesions, one after another. */
export interface LesionWriter {
  begin(): string;
  /** @param photos as many as the lesion has, in their order; none where there are too many */
  lesion(
    lesion: ListedLesion,
    photos: readonly (Analysis | ProblemError)[],
  ): { readonly row: string; readonly answered: boolean };
  end(): string;
}

/** One document with an item a lesion, or a table with a row a lesion. */
export function lesionWriter(
  model: ModelFolder,
  { csv, topK, tta }: { readonly csv: boolean; readonly topK: number; readonly tta: TtaViews },
): LesionWriter {
  const table = new PredictionCsv('lesion');
  const { prior } = defaultOptions(model, {});
  let first = true;
  const answer = (
    { images, patient }: ListedLesion,
    photos: readonly (Analysis | ProblemError)[],
  ): LesionAnswer | ProblemError => {
    if (images.length > MAX_PHOTOS) {
      const detail = `${images.length} photos are listed; a lesion may have ${MAX_PHOTOS}`;
      return new ProblemError('too-many-images', detail);
    }
    const wanted = csv ? CLASS_COUNT : topK;
    const options = defaultOptions(model, patient);
    return problemOr(() => answerAboutLesion(photos, wanted, model, options, 'none'));
  };
  return {
    begin() {
      if (csv) return table.header;
      const head = { model: modelReference(model), prior, ...averagedViews(tta) };
      return `${JSON.stringify(head).slice(0, -1)},"results":[`;
    },
    lesion(lesion, photos) {
      const result = answer(lesion, photos);
      const answered = !(result instanceof ProblemError);
      if (csv) {
        const row = answered
          ? table.predicted(lesion.lesion, scoresOf(result))
          : table.failed(lesion.lesion, result.message);
        return { row, answered };
      }
      const separator = first ? '\n' : ',\n';
      first = false;
      const members = answered
        ? { ...result, images: result.images.map(named(lesion)) }
        : { error: problemOf(result) };
      return { row: separator + JSON.stringify({ lesion: lesion.lesion, ...members }), answered };
    },
    end: () =>
      csv ? '' : `\n],${JSON.stringify({ limits: LIMITS, disclaimer: DISCLAIMER }).slice(1)}\n`,
  };
}

function scoresOf({ predictions }: LesionAnswer): number[] {
  const scores = new Map(predictions.map(({ label, score }) => [label, score]));
  return LABELS.map((label) => scores.get(label)!);
}

/** A photo's answer with the name of its file. */
function named({ images }: ListedLesion) {
  return <T extends object>(answer: T, i: number) => ({ file: images[i]!, ...answer });
}
