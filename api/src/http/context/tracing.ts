import type { HonoRequest } from 'hono';
import type { Analysis } from '../../analysis/engine.ts';
import type { AccessEntry } from './log.ts';

/** Follows requests through the server, for a collector of traces; nothing of who asked, no paths as sent. */
export interface Tracing {
  /**
   * Begins the span of a request, in the trace that its `traceparent` names (W3C Trace Context), else in
   * a new one.
   *
   * @returns undefined for what is not followed: probes and scrapes
   */
  begin(request: HonoRequest): RequestTrace | undefined;
}

export interface RequestTrace {
  readonly traceId: string;
  /** Begins the work of the engine; call what is returned once it is done. */
  analyse(images: number): (analyses: readonly Analysis[]) => void;
  end(entry: AccessEntry): void;
}
