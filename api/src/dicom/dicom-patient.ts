import { BODY_SITE_CODES, BODY_SITE_NAMES } from '@naevus/shared/answer/body-site';
import { MAX_AGE } from '@naevus/shared/answer/patient-spec';
import type { DataSet } from 'dicom-parser';
import type { StatedPatient } from '../analysis/file-converter.ts';

const AGE = 'x00101010';
const SEX = 'x00100040';
const BODY_PART = 'x00180015';
const ANATOMIC_REGION = 'x00082218';
const CODE_VALUE = 'x00080100';
const CODING_SCHEME = 'x00080102';
const SNOMED_CT = 'SCT';

/** Years of the units of an age (PS3.5, value representation AS). */
const UNIT_YEARS: Readonly<Record<string, number>> = {
  Y: 1,
  M: 1 / 12,
  W: 7 / 365.25,
  D: 1 / 365.25,
};

/** Age, sex and site of a header: from the attributes that state them, never from dates or free text. */
export function readPatient(data: DataSet): StatedPatient {
  const age = readAge(data.string(AGE));
  const sex = ({ F: 'female', M: 'male' } as const)[data.string(SEX) ?? ''];
  const site = readSite(data);
  return { ...(age !== undefined && { age }), ...(sex && { sex }), ...(site && { site }) };
}

function readAge(text: string | undefined): number | undefined {
  const parts = /^(\d{3})([YMWD])$/.exec(text ?? '');
  if (parts === null) return undefined;
  const age = Number(parts[1]) * UNIT_YEARS[parts[2]!]!;
  return age <= MAX_AGE ? age : undefined;
}

function readSite(data: DataSet): string | undefined {
  const region = data.elements[ANATOMIC_REGION]?.items?.[0]?.dataSet;
  const code = region?.string(CODE_VALUE);
  if (code && region?.string(CODING_SCHEME) === SNOMED_CT && BODY_SITE_CODES.includes(code)) {
    return code;
  }
  const part = data.string(BODY_PART)?.toLowerCase();
  return BODY_SITE_NAMES.find((name) => name === part);
}
