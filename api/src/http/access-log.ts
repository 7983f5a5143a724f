import { createMiddleware } from 'hono/factory';
import type { Log } from '../app-dependencies.ts';
import type { AppEnv } from '../app-env.ts';

/** Writes one line for each request once its answer is known. */
export function accessLog(log: Log) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const start = performance.now();
    await next();
    const { requestId, route, problem } = c.var;
    log.access({
      requestId,
      method: c.req.method,
      route: route ?? 'none',
      status: c.res.status,
      ...(problem && { problem }),
      durationMs: Math.round((performance.now() - start) * 100) / 100,
    });
  });
}
