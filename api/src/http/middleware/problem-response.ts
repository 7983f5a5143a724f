import type { Context } from 'hono';
import type { ProblemError } from '../../answers/problem-error.ts';
import type { V2Error } from '../../schemas/inference-protocol.ts';
import { PROBLEM_MEDIA_TYPE } from '../../schemas/problem.ts';
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
  return c.body(JSON.stringify(error.document(c.var.requestId)), error.status, {
    ...headers,
    'Content-Type': PROBLEM_MEDIA_TYPE,
  });
}
