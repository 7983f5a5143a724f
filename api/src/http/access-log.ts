import { createMiddleware } from 'hono/factory';
import type { AccessEntry, AppDependencies } from '../app-dependencies.ts';
import type { AppEnv } from '../app-env.ts';

/** Writes one line for each request once its answer is known, counts it, and ends its trace. */
export function accessLog({
  log,
  metrics,
  tracing,
}: Pick<AppDependencies, 'log' | 'metrics' | 'tracing'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    const trace = tracing?.begin(c.req);
    if (trace) c.set('trace', trace);
    await next();
    const problem = c.get('problem');
    const entry: AccessEntry = {
      requestId: c.get('requestId'),
      method: c.req.method,
      route: c.get('route') ?? 'none',
      status: c.res.status,
      ...(problem && { problem }),
      durationMs: Math.round((performance.now() - start) * 100) / 100,
      ...(trace && { traceId: trace.traceId }),
    };
    log.access(entry);
    metrics?.request(entry);
    trace?.end(entry);
  });
}
