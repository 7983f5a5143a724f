import type { Abstention } from '../schemas/assessment.ts';
import { PROBLEMS, type Problem, type ProblemKind } from '../schemas/problem.ts';
import { PROBLEM_TYPE_PREFIX } from '../schemas/wire-names.ts';

interface ProblemExtras {
  /** Headers that go with the answer, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members beside those of RFC 9457, such as `results`. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Of `abstained`: the assessment without its score, which becomes the member `assessment`. */
  readonly abstention?: Abstention;
}

/**
 * The one error that routes throw on purpose; everything else becomes `internal` and says nothing.
 *
 * @example
 * throw new ProblemError('empty-body', 'send the bytes of a JPEG, PNG or WebP file');
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;
  readonly abstention: Abstention | undefined;

  /** @param detail for the caller: what was wrong, and what to do; never a path or image content */
  constructor(
    kind: ProblemKind,
    detail: string,
    { headers, members, abstention }: ProblemExtras = {},
  ) {
    super(detail);
    this.kind = kind;
    this.headers = headers ?? {};
    this.members = { ...(abstention && { assessment: abstention }), ...members };
    this.abstention = abstention;
  }

  get status() {
    return PROBLEMS[this.kind].status;
  }

  /** The document of RFC 9457. */
  document(requestId: string): Problem {
    const { status, title } = PROBLEMS[this.kind];
    return {
      type: `${PROBLEM_TYPE_PREFIX}${this.kind}`,
      title,
      status,
      detail: this.message,
      instance: `urn:naevus:request:${requestId}`,
      ...this.members,
    };
  }
}

/** What is said of a defect: nothing but where to find it in the log. */
export function internalProblem(): ProblemError {
  return new ProblemError(
    'internal',
    'this is a defect of the server; report the id in "instance"',
  );
}

/** What `make` gives, or the problem that it throws; every other fault is thrown. */
export function problemOr<T>(make: () => T): T | ProblemError {
  try {
    return make();
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}
