import { createMiddleware } from 'hono/factory';
import type { AccessEntry, AppDependencies } from '../app-dependencies.ts';
import type { AppEnv } from '../app-env.ts';

/** Writes one line for each request once its answer is known, and counts it. */
export function accessLog({ log, metrics }: Pick<AppDependencies, 'log' | 'metrics'>) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    await next();
    const { requestId, route, problem } = c.var;
    const entry: AccessEntry = {
      requestId,
      method: c.req.method,
      route: route ?? 'none',
      status: c.res.status,
      ...(problem && { problem }),
      durationMs: Math.round((performance.now() - start) * 100) / 100,
    };
    log.access(entry);
    metrics?.request(entry);
  });
}
