import type { ArtifactSource } from '@naevus/shared/model/verify';
import type { Context } from 'hono';
import type { Engines } from '../../analysis/engines.ts';
import type { FileConverter } from '../../analysis/file-converter.ts';
import type { ReportContent } from '../../answers/report-content.ts';
import type { Limits } from '../../answers/request-limits.ts';
import type { AppEnv } from './app-env.ts';
import type { BodyMemory } from './body-memory.ts';
import type { RunParser } from './body-parser.ts';
import type { Caller } from './caller.ts';
import type { KeyCheck } from './key-check.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ReceiveBody } from './receive-body.ts';
import type { Tracing } from './tracing.ts';

/** What an entry file gives the app. */
export interface AppDependencies {
  readonly engines: Engines;
  readonly limits: Limits;
  /** Converts files in formats that no decoder reads; without it, they are refused. */
  readonly converter?: FileConverter;
  /** Writes an answer about a lesion as a PDF file; without it, none is offered. */
  readonly renderReport?: (content: ReportContent) => Promise<Uint8Array<ArrayBuffer>>;
  /** Memory for the bodies of all requests. */
  readonly bodies: BodyMemory;
  /** Takes large bodies apart on another thread, where there is one. */
  readonly runParser?: RunParser;
  /** The runtime's own way to read a body; without it, the platform's stream. */
  readonly receiveBody?: ReceiveBody;
  readonly log: Log;
  /** What the page loads and is too large for `#page-assets`. */
  readonly pageFiles: ArtifactSource;
  /** Without it, open to everyone. */
  readonly keys?: KeyCheck;
  /** What the operator should see to although the server answers; said by /health/ready. */
  readonly warnings?: () => readonly string[];
  /** Whether the log says which client asked. */
  readonly logKeyNames?: boolean;
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
