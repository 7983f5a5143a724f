import type { Context } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import type { ProblemError } from '../../answers/problem-error.ts';
import { operationOutcome } from '../../fhir/operation-outcome.ts';
import type { V2Error } from '../../schemas/inference-protocol.ts';
import { FHIR_MEDIA_TYPE, PROBLEM_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import type { AppEnv } from '../context/app-env.ts';

/** Answers with a problem document; under /v2 with the error that the protocol has instead. */
export function respondWithProblem(c: Context<AppEnv>, error: ProblemError): Response {
  c.set('problem', error.kind);
  const headers = { ...error.headers, 'Cache-Control': 'no-store' };
  if (/^\/v2(\/|$)/.test(c.req.path)) {
    return c.body(JSON.stringify({ error: error.message } satisfies V2Error), error.status, {
      ...headers,
      'Content-Type': 'application/json',
    });
  }
  const problem = error.document(c.var.requestId);
  if (c.get('fhir') && prefersFhir(c.req.header('Accept'))) {
    return c.body(JSON.stringify(operationOutcome(problem)), error.status, {
      ...headers,
      'Content-Type': FHIR_MEDIA_TYPE,
    });
  }
  return c.body(JSON.stringify(problem), error.status, {
    ...headers,
    'Content-Type': PROBLEM_MEDIA_TYPE,
  });
}

/** Whether FHIR is named and weighs at least as much as plain JSON. */
function prefersFhir(accept = ''): boolean {
  const weight = (type: string) =>
    parseAccept(accept).find((range) => range.type.toLowerCase() === type)?.q ?? 0;
  return weight(FHIR_MEDIA_TYPE) > 0 && weight(FHIR_MEDIA_TYPE) >= weight('application/json');
}
