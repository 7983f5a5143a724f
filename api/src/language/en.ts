import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS, type Label, LESION_CLASSES } from '@naevus/shared/taxonomy';
import { REASONS } from '../schemas/reasons.ts';
import type { Catalogue } from './catalogue.ts';
import { LIMITS } from './limits.ts';
import { pageEn } from './page/en.ts';

/** The original that the other catalogues translate. */
export const en: Catalogue = {
  classes: Object.fromEntries(LABELS.map((label) => [label, LESION_CLASSES[label].name])) as Record<
    Label,
    string
  >,
  reasons: REASONS,
  limits: LIMITS,
  disclaimer: DISCLAIMER,
  translation: undefined,
  page: pageEn,
};
