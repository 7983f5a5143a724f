/** Parts of the body that have enough lesions in common to be compared. */
export const SITE_GROUPS = [
  'head and neck',
  'trunk',
  'upper extremity',
  'lower extremity',
  'hands and feet',
  'genital',
] as const;

export type SiteGroup = (typeof SITE_GROUPS)[number];

export interface BodySite {
  readonly group: SiteGroup;
  /** SNOMED CT: the skin of the part first, where there is one, then the part. */
  readonly snomedCt: readonly string[];
}

/**
 * Where on the body a lesion is: HAM10000's names (its column `localization`) and their SNOMED CT codes.
 *
 * The codes are those of DICOM PS3.16, context groups 4, 4029 (dermatology anatomic sites) and 4031, as
 * pydicom 3.0.2 has them. `acral` is palms and soles: the palm's code alone was found there.
 */
export const BODY_SITES = {
  abdomen: { group: 'trunk', snomedCt: ['75093004', '818981001'] },
  acral: { group: 'hands and feet', snomedCt: ['70887009'] },
  back: { group: 'trunk', snomedCt: ['66643007', '77568009'] },
  chest: { group: 'trunk', snomedCt: ['74160004', '816094009'] },
  ear: { group: 'head and neck', snomedCt: ['1902009', '117590005'] },
  face: { group: 'head and neck', snomedCt: ['73897004', '89545001'] },
  foot: { group: 'hands and feet', snomedCt: ['60496002', '56459004'] },
  genital: { group: 'genital', snomedCt: ['60944009'] },
  hand: { group: 'hands and feet', snomedCt: ['33712006', '85562004'] },
  'lower extremity': { group: 'lower extremity', snomedCt: ['371304004', '61685007'] },
  neck: { group: 'head and neck', snomedCt: ['43081002', '45048000'] },
  scalp: { group: 'head and neck', snomedCt: ['43067004', '41695006'] },
  trunk: { group: 'trunk', snomedCt: ['22943007'] },
  'upper extremity': { group: 'upper extremity', snomedCt: ['371311000', '53120007'] },
} as const satisfies Readonly<Record<string, BodySite>>;

export type BodySiteName = keyof typeof BODY_SITES;

export const BODY_SITE_NAMES = Object.keys(BODY_SITES) as [BodySiteName, ...BodySiteName[]];

const NAME_OF_CODE = new Map<string, BodySiteName>(
  BODY_SITE_NAMES.flatMap((name) =>
    BODY_SITES[name].snomedCt.map((code): [string, BodySiteName] => [code, name]),
  ),
);

/** The SNOMED CT codes that {@link parseBodySite} takes. */
export const BODY_SITE_CODES: readonly string[] = [...NAME_OF_CODE.keys()];

/** The site that a name or a SNOMED CT code stands for; undefined where it stands for none. */
export function parseBodySite(text: string): BodySiteName | undefined {
  return BODY_SITE_NAMES.find((name) => name === text) ?? NAME_OF_CODE.get(text);
}
