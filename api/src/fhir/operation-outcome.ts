import type { Problem, ProblemKind } from '../schemas/problem.ts';
import { PROBLEM_TYPE_PREFIX } from '../schemas/wire-names.ts';
import type { OperationOutcome } from './resources.ts';

/** FHIR's issue type of each problem. https://hl7.org/fhir/R4/valueset-issue-type.html */
const ISSUE_TYPES: Readonly<Partial<Record<ProblemKind, string>>> = {
  'empty-body': 'required',
  'malformed-body': 'structure',
  'invalid-body': 'value',
  'invalid-query': 'value',
  'invalid-base64': 'structure',
  'empty-image': 'required',
  'too-many-images': 'too-long',
  'body-too-large': 'too-long',
  'header-too-large': 'too-long',
  'too-many-pixels': 'too-long',
  unauthorized: 'login',
  'not-found': 'not-found',
  'method-not-allowed': 'not-supported',
  'not-acceptable': 'not-supported',
  'unsupported-format': 'not-supported',
  'unsupported-colours': 'not-supported',
  'damaged-image': 'invalid',
  'image-too-small': 'invalid',
  'all-images-failed': 'invalid',
  abstained: 'business-rule',
  'request-timeout': 'timeout',
  timeout: 'timeout',
  'too-many-requests': 'throttled',
  busy: 'transient',
  draining: 'transient',
  'no-model': 'transient',
  internal: 'exception',
};

/** A problem document as FHIR R4 has it, with an issue for each item that failed. */
export function operationOutcome(problem: Problem): OperationOutcome {
  const items = problem.images ?? problem.results;
  const nested = Array.isArray(items)
    ? items.flatMap((item: { readonly error?: Problem }) => (item.error ? [item.error] : []))
    : [];
  return { resourceType: 'OperationOutcome', issue: [problem, ...nested].map(issueOf) };
}

function issueOf({ type, title, status, detail }: Problem): OperationOutcome['issue'][number] {
  const kind = type.slice(PROBLEM_TYPE_PREFIX.length) as ProblemKind;
  return {
    severity: status >= 500 ? 'fatal' : 'error',
    code: ISSUE_TYPES[kind] ?? 'processing',
    details: {
      coding: [{ system: 'urn:naevus:problem', code: kind, display: title }],
      text: title,
    },
    diagnostics: detail,
  };
}
