/** One line of the log: no image content, no query values, and nothing of who asked but the name of a key. */
export interface AccessEntry {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path that was sent. */
  readonly route: string;
  readonly status: number;
  readonly problem?: string;
  readonly durationMs: number;
  /** Name of the client whose key came, where that is to be logged: never the key. */
  readonly key?: string;
  /** Where the request is followed by {@link Tracing}. */
  readonly traceId?: string;
}

export interface Log {
  access(entry: AccessEntry): void;
  /** A defect: the only place where its stack is seen. */
  defect(requestId: string, error: unknown): void;
}
