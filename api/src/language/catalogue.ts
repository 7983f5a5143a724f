import type { ReasonCode } from '../schemas/reasons.ts';
import type { PageTexts } from './page/en.ts';

/** Codes that only HAM10000's classes have: their texts are among its own. */
export type OwnReasonCode = 'squamous-not-excluded' | 'melanoma-not-excluded';

/** Codes about the scores of the malignant and premalignant classes. */
type SuspiciousReasonCode =
  | 'far-above-threshold'
  | 'above-threshold'
  | 'below-threshold'
  | 'raised-by-patient';

/** What answers and the page say in words, in one language, of whatever classes. */
export interface Catalogue {
  /**
   * `{suspicious}`, `{critical}`, `{next}` and `{unseen}` stand for names: of the malignant and premalignant classes,
   * of the critical ones, and of what is none of the classes with the classes next to it.
   */
  readonly reasons: Readonly<Record<Exclude<ReasonCode, OwnReasonCode>, string>>;
  /** In place of those, where one class alone is malignant or premalignant. */
  readonly reasonsOfOne: Readonly<Record<SuspiciousReasonCode, string>>;
  /** What the model has not seen; with `{dataset}`. */
  readonly limits: string;
  readonly disclaimer: string;
  /** That the translation was not reviewed; the original needs no such word. */
  readonly translation: string | undefined;
  readonly page: PageTexts;
}
