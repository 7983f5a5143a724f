import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { Assessment } from '../schemas/assessment.ts';
import { DEFAULT_LANGUAGE, type Language } from '../schemas/languages.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import type { Prediction } from '../schemas/prediction.ts';
import { CATALOGUES } from './catalogues.ts';
import { classTexts } from './class-texts.ts';

/** What of an answer is in words. */
interface Worded {
  readonly predictions: Prediction[];
  readonly assessment?: Assessment | undefined;
}

/**
 * The same answer with the names of its classes and its reasons in a language; labels and codes stay.
 *
 * @param taxonomy of the version that answered
 */
export function translateAnswer<A extends Worded>(
  answer: A,
  language: Language,
  taxonomy: Taxonomy,
): A {
  if (language === DEFAULT_LANGUAGE) return answer;
  const { classes, reasons } = classTexts(taxonomy, language);
  const { predictions, assessment } = answer;
  return {
    ...answer,
    predictions: predictions.map((one) => ({ ...one, name: classes[one.label]! })),
    ...(assessment && {
      assessment: {
        ...assessment,
        reasons: assessment.reasons.map(({ code }) => ({ code, text: reasons[code] })),
      },
    }),
  };
}

/** The lesion's own words and those of each photo. */
export function translateLesion(
  answer: LesionAnswer,
  language: Language,
  taxonomy: Taxonomy,
): LesionAnswer {
  return {
    ...translateAnswer(answer, language, taxonomy),
    images: answer.images.map((photo) =>
      'error' in photo ? photo : translateAnswer(photo, language, taxonomy),
    ),
  };
}

/** What the caveats of a version depend on. */
export interface CaveatedModel {
  readonly taxonomy: Taxonomy;
  readonly manifest: { readonly training: { readonly dataset: string } };
}

/** What goes with every answer about an image, in a language. */
export function caveatsIn(
  language: Language,
  model: CaveatedModel,
): {
  readonly limits: string;
  readonly disclaimer: string;
  readonly translation?: string;
} {
  const { disclaimer, translation } = CATALOGUES[language];
  const limits = limitsIn(language, model);
  return { limits, disclaimer, ...(translation !== undefined && { translation }) };
}

/** What a version has not seen. */
export function limitsIn(language: Language, { taxonomy, manifest }: CaveatedModel): string {
  return classTexts(taxonomy, language).limits(manifest.training.dataset);
}
