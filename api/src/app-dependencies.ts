import type { Engines } from './engine/engines.ts';

/** What a request may cost. */
export interface Limits {
  /** Bytes of a body as it travels. */
  readonly maxBodyBytes: number;
  /** Pixels of one image, by its header. */
  readonly maxPixels: number;
  /** Images of one batch. */
  readonly maxBatch: number;
  /** Seconds for a body to arrive, and then for the answer to be ready. */
  readonly timeoutSeconds: number;
}

/** One line of the log: no image content, no query values, nothing of who asked. */
export interface AccessEntry {
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern, never the path that was sent. */
  readonly route: string;
  readonly status: number;
  readonly problem?: string;
  readonly durationMs: number;
}

export interface Log {
  access(entry: AccessEntry): void;
  /** A defect: the only place where its stack is seen. */
  defect(requestId: string, error: unknown): void;
}

/** What an entry file gives the app. */
export interface AppDependencies {
  readonly engines: Engines;
  readonly limits: Limits;
  readonly log: Log;
  /** Origins that browsers may call from; none without a list. */
  readonly corsOrigins?: readonly string[];
  /** True once new work is refused because the process is going away. */
  readonly draining: () => boolean;
  /** No way that every runtime has is fast. */
  readonly toBase64: (bytes: Uint8Array) => string;
}
