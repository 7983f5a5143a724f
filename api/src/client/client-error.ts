import type { Problem, ProblemKind } from '../schemas/problem.ts';
import { PROBLEM_TYPE_PREFIX } from '../schemas/wire-names.ts';

/** Why there is no answer. Tell them apart by `kind`. */
export type ClientErrorKind =
  /** The server said what is wrong: see `problem`. */
  | 'problem'
  /** Something answered that is not this API: a proxy, another server. */
  | 'foreign'
  /** The server's classes are not those that the client was told. */
  | 'other-classes'
  /** Nothing answered. */
  | 'unreachable';

/** What every method of the client throws, but for an abort. */
export class NaevusError extends Error {
  override readonly name = 'NaevusError';
  readonly kind: ClientErrorKind;
  /** Status of the answer; undefined where there was none. */
  readonly status: number | undefined;
  /** The problem document (RFC 9457), where `kind` is `problem`. */
  readonly problem: Problem | undefined;

  constructor(
    kind: ClientErrorKind,
    message: string,
    {
      status,
      problem,
      cause,
    }: { readonly status?: number; readonly problem?: Problem; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.status = status;
    this.problem = problem;
  }

  /** Whether the server said that this is wrong. */
  is(kind: ProblemKind): boolean {
    return this.problem?.type === PROBLEM_TYPE_PREFIX + kind;
  }

  /** Id of the request in the server's log, where the server gave one. */
  get requestId(): string | undefined {
    return this.problem?.instance.split(':').at(-1);
  }
}
