import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { ServedModel } from '../analysis/engine.ts';
import { answerAboutLesion } from '../answers/lesion-answer.ts';
import { tooManyPhotos } from '../answers/lesion-table.ts';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import { ProblemError, problemOr } from '../answers/problem-error.ts';
import { withStatedPatient } from '../answers/stated-patient.ts';
import { translateLesion } from '../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import type { AnalysedFile } from './analyse-in-order.ts';
import type { ListedLesion } from './lesion-list.ts';
import {
  type AskedFlags,
  closeDocument,
  JsonList,
  openDocument,
  optionsOf,
  problemOf,
  type Written,
} from './prediction-writers.ts';

/** Writes the answers to lesions, one after another. */
export interface LesionWriter {
  begin(): string;
  /** @param photos as many as the lesion has, in their order; none where there are too many */
  lesion(lesion: ListedLesion, photos: readonly (AnalysedFile | ProblemError)[]): Written;
  end(): string;
}

/** One document with an item a lesion, or a table with a row a lesion. */
export function lesionWriter(csv: boolean, asked: AskedFlags, model: ServedModel): LesionWriter {
  return csv ? csvLesionWriter(asked, model) : jsonLesionWriter(asked, model);
}

function jsonLesionWriter(asked: AskedFlags, model: ServedModel): LesionWriter {
  const { language = DEFAULT_LANGUAGE } = asked.query;
  const list = new JsonList();
  return {
    begin: () => openDocument(asked, model),
    lesion(lesion, photos) {
      const answer = answerTo(lesion, photos, asked, model);
      if (answer instanceof ProblemError) {
        const text = list.item({ lesion: lesion.lesion, error: problemOf(answer) });
        return { text, problem: answer };
      }
      const translated = translateLesion(answer, language, model.taxonomy);
      const images = translated.images.map((image, i) => ({ file: lesion.images[i]!, ...image }));
      return { text: list.item({ lesion: lesion.lesion, ...translated, images }) };
    },
    end: () => closeDocument(asked, model),
  };
}

function csvLesionWriter(asked: AskedFlags, model: ServedModel): LesionWriter {
  const table = new PredictionCsv('lesion', labelsOf(model.taxonomy));
  return {
    begin: () => table.header,
    lesion(lesion, photos) {
      const answer = answerTo(lesion, photos, asked, model);
      return answer instanceof ProblemError
        ? {
            text: table.failed(lesion.lesion, answer.message, answer.abstention),
            problem: answer,
          }
        : { text: table.answered(lesion.lesion, answer) };
    },
    end: () => '',
  };
}

function answerTo(
  lesion: ListedLesion,
  photos: readonly (AnalysedFile | ProblemError)[],
  { query, sent }: AskedFlags,
  model: ServedModel,
): LesionAnswer | ProblemError {
  const tooMany = tooManyPhotos(lesion);
  if (tooMany) return tooMany;
  const said = { ...query, ...known(lesion.patient) };
  return problemOr(() => {
    const options = withStatedPatient(optionsOf({ query: said, sent }, model), said, photos, model);
    const results = photos.map((photo) => (photo instanceof ProblemError ? photo : photo.analysis));
    return answerAboutLesion(results, query.top_k, model, options, 'none');
  });
}

/** Without what is undefined, so that it does not hide what is known of all. */
function known<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
