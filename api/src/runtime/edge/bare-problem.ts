import type { ProblemError } from '../../answers/problem-error.ts';
import { requestIdFrom } from '../../http/middleware/standard-headers.ts';
import { PROBLEM_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import { edgeLog } from './edge-log.ts';

/** A problem document for a request that no app could be made for; the log says why. */
export function bareProblem(request: Request, cause: unknown, problem: ProblemError): Response {
  const id = requestIdFrom(request.headers.get('X-Request-Id') ?? undefined);
  edgeLog.defect(id, cause);
  return new Response(JSON.stringify(problem.document(id)), {
    status: problem.status,
    headers: { ...problem.headers, 'Content-Type': PROBLEM_MEDIA_TYPE, 'X-Request-Id': id },
  });
}
