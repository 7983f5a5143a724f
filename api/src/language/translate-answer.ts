import type { Assessment } from '../schemas/assessment.ts';
import { DEFAULT_LANGUAGE, type Language } from '../schemas/languages.ts';
import type { LesionAnswer } from '../schemas/lesion.ts';
import type { Prediction } from '../schemas/prediction.ts';
import type { Catalogue } from './catalogue.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';

export const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, de, fr, es };

/** What of an answer is in words. */
interface Worded {
  readonly predictions: Prediction[];
  readonly assessment?: Assessment | undefined;
}

/** The same answer with the names of its classes and its reasons in a language; labels and codes stay. */
export function translateAnswer<A extends Worded>(answer: A, language: Language): A {
  if (language === DEFAULT_LANGUAGE) return answer;
  const { classes, reasons } = CATALOGUES[language];
  const { predictions, assessment } = answer;
  return {
    ...answer,
    predictions: predictions.map((one) => ({ ...one, name: classes[one.label] })),
    ...(assessment && {
      assessment: {
        ...assessment,
        reasons: assessment.reasons.map(({ code }) => ({ code, text: reasons[code] })),
      },
    }),
  };
}

/** The lesion's own words and those of each photo. */
export function translateLesion(answer: LesionAnswer, language: Language): LesionAnswer {
  return {
    ...translateAnswer(answer, language),
    images: answer.images.map((photo) =>
      'error' in photo ? photo : translateAnswer(photo, language),
    ),
  };
}

/** What goes with every answer about an image, in a language. */
export function caveatsIn(language: Language): {
  readonly limits: string;
  readonly disclaimer: string;
  readonly translation?: string;
} {
  const { limits, disclaimer, translation } = CATALOGUES[language];
  return { limits, disclaimer, ...(translation !== undefined && { translation }) };
}
