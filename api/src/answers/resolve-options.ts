import { parseBodySite } from '@naevus/shared/answer/body-site';
import { resolveOperatingPoint } from '@naevus/shared/answer/operating-point';
import {
  type Patient,
  type PatientFactors,
  patientFactors,
} from '@naevus/shared/answer/patient-factors';
import {
  type ClassPrior,
  type NamedPrior,
  parsePrior,
  uniformPrior,
} from '@naevus/shared/answer/prior';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { ServedModel } from '../analysis/engine.ts';
import type { AssessmentQuery, PatientQuery } from '../schemas/request.ts';
import type { AssessmentOptions } from './assess.ts';
import { ProblemError } from './problem-error.ts';

/** What an answer is asked to take for granted, and how it is to be assessed. */
export interface AnswerOptions extends AssessmentOptions {
  readonly prior: { readonly name: NamedPrior | 'custom'; readonly probabilities: ClassPrior };
  /** An image that no answer should be given for is a problem. */
  readonly strict: boolean;
  /** How many similar cases the answer names; none without it. */
  readonly similar?: number;
  /** Where something is known of the patient. */
  readonly patient?: KnownPatient | undefined;
}

/** A patient, and what it changes. */
export interface KnownPatient extends PatientFactors {
  readonly given: Patient;
}

/**
 * Settles a query with what the version can do.
 *
 * @param sent the query as it came, to tell what was asked for from what is the default
 * @throws ProblemError `invalid-query` when something is asked for that the version was not fitted for
 */
export function resolveOptions(
  query: AssessmentQuery,
  sent: (name: string) => string | undefined,
  model: ServedModel,
): AnswerOptions {
  const { manifest, taxonomy } = model;
  if (manifest.assessment === undefined) {
    const asked = ['coverage', 'operating_point'].filter((name) => sent(name) !== undefined);
    if (query.strict) asked.push('strict');
    if (asked.length > 0) {
      const detail = `version ${manifest.version} has no prediction sets, operating points or limits, so ${asked.join(', ')} cannot be kept; leave it out, or ask a server with another version`;
      throw new ProblemError('invalid-query', detail);
    }
  }
  if (query.similar !== undefined && manifest.similarCases === undefined) {
    const detail = `version ${manifest.version} has no index of similar cases; leave similar out, or ask for another version`;
    throw new ProblemError('invalid-query', detail);
  }
  return {
    prior: priorOf(query.prior, model),
    coverage: query.coverage,
    operatingPoint: query.operating_point && resolveOperatingPoint(taxonomy, query.operating_point),
    strict: query.strict,
    ...(query.similar !== undefined && { similar: query.similar }),
    patient: knownPatient(query, model),
  };
}

/** The same with another patient. */
export function withPatient(
  options: AnswerOptions,
  patient: PatientQuery,
  model: ServedModel,
): AnswerOptions {
  return { ...options, patient: knownPatient(patient, model) };
}

function knownPatient(
  { age, sex, site }: PatientQuery,
  { taxonomy, manifest: { patient: spec, version } }: ServedModel,
): KnownPatient | undefined {
  if (age === undefined && sex === undefined && site === undefined) return undefined;
  const given = { age, sex, site: site === undefined ? undefined : parseBodySite(site) };
  return { given, ...patientFactors(given, spec, version, taxonomy.classes.length) };
}

function priorOf(
  asked: AssessmentQuery['prior'],
  { taxonomy, manifest: { prior, version } }: ServedModel,
): AnswerOptions['prior'] {
  const labels = labelsOf(taxonomy);
  const wanted = asked === undefined ? undefined : parsePrior(asked, labels);
  if (wanted === undefined || wanted === prior.name) return prior;
  if (wanted === 'uniform') return { name: wanted, probabilities: uniformPrior(labels) };
  if (wanted === 'training') {
    const detail = `version ${version} does not say the distribution of its training data; give ${labels.length} numbers`;
    throw new ProblemError('invalid-query', `prior=training: ${detail}`);
  }
  return { name: 'custom', probabilities: wanted };
}
