import type { ProblemKind } from '../../schemas/problem.ts';
import type { BodyLease } from './body-memory.ts';
import type { RequestTrace } from './tracing.ts';

/** What handlers find in `c.var`; the same on every runtime. */
export interface AppEnv {
  Variables: {
    requestId: string;
    /** Pattern of the route that serves the request; unset where there is none. */
    route?: string;
    /** Set where the route answers with FHIR as well. */
    fhir?: boolean;
    /** Set where the request is followed. */
    trace?: RequestTrace;
    /** Name of the client, where keys are asked for. */
    client?: string;
    /** Gives the engine free that the request holds; called once the answer is known. */
    releaseEngine?: () => void;
    /** Room for the body, where one is read; released once the answer is known. */
    bodyLease?: BodyLease;
    /** Set where the answer is a problem, for the log. */
    problem?: ProblemKind;
  };
}
