import type { ArtifactSource } from '@naevus/shared/model/verify';
import type { Context } from 'hono';
import type { Engines } from '../../analysis/engines.ts';
import type { KeyCheck } from '../middleware/api-keys.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import type { AppEnv } from './app-env.ts';
import type { Caller } from './caller.ts';
import type { Metrics } from './metrics.ts';
import type { Tracing } from './tracing.ts';

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
  /** Where the request is followed by {@link Tracing}. */
  readonly traceId?: string;
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
  /** What the page loads and is too large for `#page-assets`. */
  readonly pageFiles: ArtifactSource;
  /** Without it, everyone may ask. */
  readonly keys?: KeyCheck;
  /** Without it, as often as they like. */
  readonly rateLimit?: RateLimit;
  readonly caller: (c: Context<AppEnv>) => Caller;
  /** For how long browsers shall come by https only (`Strict-Transport-Security`); without it, not said. */
  readonly hstsSeconds?: number;
  /** Without them, nothing is counted and there is no /metrics. */
  readonly metrics?: Metrics;
  /** Without it, no request is followed. */
  readonly tracing?: Tracing;
  /** Origins that browsers may call from; none without a list. */
  readonly corsOrigins?: readonly string[];
  /** True once new work is refused because the process is going away. */
  readonly draining: () => boolean;
  /** Frees the memory of a large answer when it has been sent; without it, garbage collection does. */
  readonly freeOnceSent?: (c: Context<AppEnv>, buffers: readonly ArrayBuffer[]) => void;
}
