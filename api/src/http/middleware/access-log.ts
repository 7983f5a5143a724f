import { createMiddleware } from 'hono/factory';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { AccessEntry } from '../context/log.ts';

/** What nginx writes where the client hung up before it had its answer; it is never sent. */
const CLIENT_CLOSED_REQUEST = 499;

/** Writes one line for each request once its answer is known, counts it, and ends its trace. */
export function accessLog({
  log,
  metrics,
  tracing,
  logKeyNames,
}: Pick<AppDependencies, 'log' | 'metrics' | 'tracing' | 'logKeyNames'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    const trace = tracing?.begin(c.req);
    if (trace) c.set('trace', trace);
    await next();
    const named = c.get('problem');
    // Work ends early for one reason or the other; who watches for 504 must not be woken by the first.
    const hungUp = named === 'timeout' && c.req.raw.signal.aborted;
    const problem = hungUp ? undefined : named;
    const key = logKeyNames ? c.get('client') : undefined;
    const entry: AccessEntry = {
      requestId: c.get('requestId'),
      method: c.req.method,
      route: c.get('route') ?? 'none',
      status: hungUp ? CLIENT_CLOSED_REQUEST : c.res.status,
      ...(problem && { problem }),
      ...(key && { key }),
      durationMs: Math.round((performance.now() - start) * 100) / 100,
      ...(trace && { traceId: trace.traceId }),
    };
    log.access(entry);
    metrics?.request(entry);
    trace?.end(entry);
  });
}
