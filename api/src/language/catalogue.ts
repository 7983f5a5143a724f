import type { Label } from '@naevus/shared/taxonomy';
import type { ReasonCode } from '../schemas/reasons.ts';
import type { PageTexts } from './page/en.ts';

/** What answers and the page say in words, in one language. Labels and codes are the same in all. */
export interface Catalogue {
  readonly classes: Readonly<Record<Label, string>>;
  readonly reasons: Readonly<Record<ReasonCode, string>>;
  /** What the model has not seen. */
  readonly limits: string;
  readonly disclaimer: string;
  /** That the translation was not reviewed; the original needs no such word. */
  readonly translation: string | undefined;
  readonly page: PageTexts;
}
