import { criticalWords } from '@naevus/shared/answer/operating-point';
import { oncePer } from '@naevus/shared/once-per';
import {
  criticalIndices,
  malignantIndices,
  type Taxonomy,
  type TaxonomyClass,
  unseenIndices,
} from '@naevus/shared/taxonomy/taxonomy';
import type { Language } from '../schemas/languages.ts';
import { REASON_CODES, type ReasonCode } from '../schemas/reasons.ts';
import { CATALOGUES } from './catalogues.ts';
import {
  HAM10000_MALIGNANT_SCORE,
  HAM10000_TEXTS,
  isHam10000,
  type TaxonomyTexts,
} from './ham10000.ts';
import { fill } from './page/fill.ts';

/** What is said of the classes of a version, in one language. */
export interface ClassTexts {
  /** Names by label, in the order of the outputs; in English where the taxonomy has no other. */
  readonly classes: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<ReasonCode, string>>;
  /** Of an operating point, what it promises; its name where nothing is known of it. */
  point(name: string): string;
  /** The critical classes, as they stand in a sentence; empty where there are none. */
  readonly critical: string;
  /** What the malignant score is called, in English. */
  readonly malignantScore: string;
  /** What a version has not seen. */
  limits(dataset: string): string;
}

const textsOf = oncePer((_: Taxonomy): Partial<Record<Language, ClassTexts>> => ({}));

/** What is said of classes in a language, made once for each taxonomy. */
export function classTexts(taxonomy: Taxonomy, language: Language): ClassTexts {
  const texts = textsOf(taxonomy);
  texts[language] ??= createTexts(taxonomy, language);
  return texts[language];
}

function createTexts(taxonomy: Taxonomy, language: Language): ClassTexts {
  const { reasons: ofSeveral, reasonsOfOne, limits, page } = CATALOGUES[language];
  const one = malignantIndices(taxonomy).length === 1;
  const reasons = one ? { ...ofSeveral, ...reasonsOfOne } : ofSeveral;
  const own: TaxonomyTexts | undefined = isHam10000(taxonomy)
    ? HAM10000_TEXTS[language]
    : undefined;
  const nameOf = ({ name }: TaxonomyClass): string => name[language] ?? name.en;
  const list = (names: readonly string[], type: 'conjunction' | 'disjunction' = 'conjunction') =>
    new Intl.ListFormat(language, { type }).format(names);
  const namesAt = (indices: readonly number[]) =>
    list(indices.map((k) => nameOf(taxonomy.classes[k]!)));
  const critical = criticalIndices(taxonomy);
  const names = {
    suspicious: namesAt(malignantIndices(taxonomy)),
    critical: namesAt(critical),
    next: namesAt(unseenIndices(taxonomy)),
    unseen: list(
      (taxonomy.unseen ?? []).map(({ name }) => name),
      'disjunction',
    ),
  };
  const { points } = page.markup.options;
  const words = criticalWords(taxonomy);
  return {
    classes: Object.fromEntries(taxonomy.classes.map((one) => [one.label, nameOf(one)])),
    reasons: Object.fromEntries(
      REASON_CODES.map((code) => [
        code,
        own?.reasons[code] ??
          fill((reasons as Readonly<Record<string, string>>)[code] ?? '', names),
      ]),
    ) as Record<ReasonCode, string>,
    point(name) {
      const known = own?.points[name];
      if (known !== undefined) return known;
      const [, word, share] = /^(.*?)-?(?:sensitivity|specificity)-(\d+)$/.exec(name) ?? [];
      if (share === undefined) return name;
      if (word === '') return fill(points.specificity, { share });
      if (word === 'malignant') return fill(points.malignant, { share });
      if (word === 'critical') return fill(points.each, { share, names: names.critical });
      const k = critical[words.indexOf(word!)];
      return k === undefined ? name : fill(points.one, { share, names: namesAt([k]) });
    },
    critical: own?.critical ?? names.critical,
    malignantScore: own
      ? HAM10000_MALIGNANT_SCORE
      : one
        ? `Score of ${names.suspicious}`
        : 'Scores of the malignant and premalignant classes together',
    limits: (dataset) => own?.limits ?? fill(limits, { dataset }),
  };
}
