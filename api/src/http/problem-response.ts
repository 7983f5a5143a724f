import { PROBLEM_MEDIA_TYPE } from '@naevus/shared/api/problem';
import type { Context } from 'hono';
import type { AppEnv } from '../app-env.ts';
import type { ProblemError } from './problem-error.ts';

/** Answers with a problem document. */
export function respondWithProblem(c: Context<AppEnv>, error: ProblemError): Response {
  c.set('problem', error.kind);
  return c.body(JSON.stringify(error.document(c.var.requestId)), error.status, {
    ...error.headers,
    'Content-Type': PROBLEM_MEDIA_TYPE,
    'Cache-Control': 'no-store',
  });
}
