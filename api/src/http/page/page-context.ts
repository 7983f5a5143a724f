import type { Manifest } from '@naevus/shared/model/manifest';
import { RISKS, type Taxonomy, type TaxonomyClass } from '@naevus/shared/taxonomy/taxonomy';
import type { Limits } from '../../answers/request-limits.ts';
import type { Catalogue } from '../../language/catalogue.ts';
import type { ClassTexts } from '../../language/class-texts.ts';
import type { PageTexts } from '../../language/page/en.ts';
import type { Language } from '../../schemas/languages.ts';

/** What a page is served with. */
export interface ServedPage {
  readonly manifest: Manifest;
  readonly taxonomy: Taxonomy;
  /** Digest of the manifest. */
  readonly sha256: string;
  /** Versions that may be asked for, the current one among them: those with the same classes. */
  readonly versions: readonly string[];
  readonly limits: Limits;
  /** Where this server was asked, for the lines to copy. */
  readonly origin: string;
}

/** What the parts of the page are made of. */
export interface PageContext extends ServedPage {
  readonly language: Language;
  readonly markup: PageTexts['markup'];
  readonly script: PageTexts['script'];
  readonly classes: ClassTexts['classes'];
  readonly classTexts: ClassTexts;
  readonly caveats: Pick<Catalogue, 'disclaimer' | 'translation'>;
}

/** The classes as they stand before there are scores: those to look out for first. */
export function byRisk({ classes }: Taxonomy): readonly TaxonomyClass[] {
  return [...RISKS, undefined].flatMap((group) => classes.filter(({ risk }) => risk === group));
}

/** A size that is not rounded up: what is said to be taken is taken. */
export function fileSize(bytes: number): string {
  const kibibytes = bytes / 1024;
  if (kibibytes < 1024) return `${Math.floor(kibibytes)} KiB`;
  return `${Math.floor(kibibytes / 10.24) / 100} MiB`;
}
