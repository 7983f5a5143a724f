import { BODY_SITES, parseBodySite, type SiteGroup } from '@naevus/shared/answer/body-site';
import { MAX_AGE, type Sex } from '@naevus/shared/answer/patient-spec';
import type { Sample } from '../../data/load/dataset.ts';

/** What the metadata say of the patient of one lesion. */
export interface PatientRecord {
  readonly label: string;
  /** null: a lesion of its own. */
  readonly lesionId: string | null;
  /** Where the image is from; one for all where the data do not say. */
  readonly collection: string;
  /** The collection, and how the diagnosis was made: the column `dx_type`. */
  readonly part: string;
  /** Years. */
  readonly age: number | undefined;
  readonly sex: Sex | undefined;
  readonly site: SiteGroup | undefined;
  /** What the collection calls the site. */
  readonly siteName: string;
}

/** Names of sites in other collections than HAM10000. */
const OTHER_SITES: Readonly<Record<string, SiteGroup>> = {
  'head neck face': 'head and neck',
  'head/neck': 'head and neck',
  'anterior torso': 'trunk',
  'posterior torso': 'trunk',
  'lateral torso': 'trunk',
  'palms/soles': 'hands and feet',
};

/** Reads the source, and the columns `age`, `sex`, `localization` and `dx_type`; what they do not say is undefined. */
export function patientRecord({
  label,
  lesionId,
  source,
  metadata,
}: Pick<Sample, 'label' | 'lesionId' | 'source' | 'metadata'>): PatientRecord {
  const collection = source || metadata.source?.trim() || 'all';
  const years = Number(metadata.age?.trim() || Number.NaN);
  const sex = metadata.sex?.trim().toLowerCase();
  const localization = metadata.localization?.trim().toLowerCase() ?? '';
  const site = parseBodySite(localization);
  return {
    label,
    lesionId,
    collection,
    part: `${collection}, ${metadata.dx_type?.trim() || 'unknown'}`,
    age: years >= 0 && years <= MAX_AGE ? years : undefined,
    sex: sex === 'female' || sex === 'male' ? sex : undefined,
    site: site ? BODY_SITES[site].group : OTHER_SITES[localization],
    siteName: `${collection}, ${localization || 'unknown'}`,
  };
}

/** One record a lesion and collection, the first of each. */
export function oneALesion(records: readonly PatientRecord[]): PatientRecord[] {
  const seen = new Set<string>();
  return records.filter(({ lesionId, collection }) => {
    if (lesionId === null) return true;
    const key = `${collection}\n${lesionId}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
