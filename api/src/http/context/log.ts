/** One line of the log: no image content, no query values, nothing of who asked. */
export interface AccessEntry {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path that was sent. */
  readonly route: string;
  readonly status: number;
  readonly problem?: string;
  readonly durationMs: number;
  /** Where the request is followed by {@link Tracing}. */
  readonly traceId?: string;
}

export interface Log {
  access(entry: AccessEntry): void;
  /** A defect: the only place where its stack is seen. */
  defect(requestId: string, error: unknown): void;
}
