import { BODY_SITES, type BodySiteName } from './body-site.ts';
import {
  PATIENT_VARIABLES,
  type PatientSpec,
  type PatientVariable,
  type Sex,
} from './patient-spec.ts';

/** What is known of a patient; what is not known is left out, and changes nothing. */
export interface Patient {
  /** Years, 0 to `MAX_AGE`. */
  readonly age?: number | undefined;
  readonly sex?: Sex | undefined;
  readonly site?: BodySiteName | undefined;
}

/** What a patient changes. */
export interface PatientFactors {
  /** Odds of the classes against the version's prior, one a label; each above 0. */
  readonly factors: readonly number[];
  readonly used: readonly PatientVariable[];
  /** Given, and not used. */
  readonly unused: readonly { readonly name: PatientVariable; readonly reason: string }[];
}

/**
 * By how much the classes are commoner among patients like this one: p(class | patient) / p(class), up to
 * a factor that all classes share.
 *
 * @param spec of the manifest; without one nothing of the patient is used
 */
export function patientFactors(
  patient: Patient,
  spec: PatientSpec | undefined,
  version: string,
  classCount: number,
): PatientFactors {
  const given = PATIENT_VARIABLES.filter((name) => patient[name] !== undefined);
  const sum = new Array<number>(classCount).fill(0);
  const used: PatientVariable[] = [];
  const unused: { name: PatientVariable; reason: string }[] = [];
  for (const name of given) {
    const effect = spec && logFactorsOf(name, patient, spec);
    if (effect === undefined) {
      unused.push({ name, reason: reasonOf(name, spec, version) });
      continue;
    }
    used.push(name);
    for (const [k, value] of effect.entries()) sum[k]! += value;
  }
  const strength = spec?.strength ?? 0;
  return { factors: sum.map((value) => Math.exp(strength * value)), used, unused };
}

function reasonOf(name: PatientVariable, spec: PatientSpec | undefined, version: string): string {
  const variable = spec?.[name];
  if (variable === undefined) return `version ${version} was not fitted with patient data`;
  return variable.used ? '' : variable.reason;
}

function logFactorsOf(
  name: PatientVariable,
  patient: Patient,
  { age, sex, site }: PatientSpec,
): readonly number[] | undefined {
  switch (name) {
    case 'age':
      return age.used ? interpolate(patient.age!, age.knots, age.logFactors) : undefined;
    case 'sex':
      return sex.used ? sex.logFactors[patient.sex!] : undefined;
    case 'site':
      return site.used ? site.logFactors[BODY_SITES[patient.site!].group] : undefined;
  }
}

/** Linear between knots, constant beyond the outermost. */
function interpolate(
  at: number,
  knots: readonly number[],
  rows: readonly (readonly number[])[],
): number[] {
  const weights = hatWeights(at, knots);
  return rows[0]!.map((_, k) => rows.reduce((sum, row, i) => sum + weights[i]! * row[k]!, 0));
}

/**
 * How much each knot counts at a place: at most two do, and the weights sum to 1.
 *
 * @param knots ascending, at least two
 */
export function hatWeights(at: number, knots: readonly number[]): number[] {
  const inside = Math.min(Math.max(at, knots[0]!), knots.at(-1)!);
  const right = Math.max(
    1,
    knots.findIndex((knot) => knot >= inside),
  );
  const [low, high] = [knots[right - 1]!, knots[right]!];
  const share = (inside - low) / (high - low);
  return knots.map((_, i) => (i === right ? share : i === right - 1 ? 1 - share : 0));
}

/**
 * Scores under other odds of the classes: each is multiplied by its factor, and all are divided by their
 * sum (Bayes' rule).
 */
export function withFactors(scores: readonly number[], factors: readonly number[]): number[] {
  const weighed = scores.map((score, k) => score * factors[k]!);
  const total = weighed.reduce((sum, value) => sum + value, 0);
  return weighed.map((value) => value / total);
}
