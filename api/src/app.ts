import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { AppDependencies } from './app-dependencies.ts';
import type { AppEnv } from './app-env.ts';
import { accessLog } from './http/access-log.ts';
import { authenticate } from './http/api-keys.ts';
import { internalProblem, ProblemError } from './http/problem-error.ts';
import { respondWithProblem } from './http/problem-response.ts';
import { limitRate } from './http/rate-limit.ts';
import { bodyTooLarge, declaredLength } from './http/read-body.ts';
import { requestId } from './http/request-id.ts';
import { securityHeaders } from './http/security-headers.ts';
import { assetRoute } from './page/asset-route.ts';
import { pageRoute } from './page/page-route.ts';
import { artifactRoute } from './routes/artifact.ts';
import { docsRoute } from './routes/docs.ts';
import { gradcamRoute } from './routes/gradcam.ts';
import { liveRoute, readyRoute } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { modelRoute } from './routes/model.ts';
import { openapiRoute } from './routes/openapi.ts';
import { predictRoute } from './routes/predict.ts';
import type { Route } from './routes/route.ts';
import { v2Routes } from './v2/routes.ts';

/**
 * The API, the same on every runtime: what differs comes in as `deps`.
 *
 * @example
 * const app = createApp({ engines, limits, log, caller, draining: () => false, toBase64 });
 * const response = await app.request('/predict', { method: 'POST', body: jpeg });
 */
export function createApp(deps: AppDependencies): Hono<AppEnv> {
  const described: Route[] = [
    predictRoute(deps),
    gradcamRoute(deps),
    modelRoute(deps),
    liveRoute(),
    readyRoute(deps),
    ...v2Routes(deps),
  ];
  const routes: Route[] = [
    ...described,
    openapiRoute(described, deps),
    docsRoute(described, deps),
    ...(deps.metrics ? [metricsRoute(deps.metrics)] : []),
    pageRoute(deps),
    assetRoute(deps),
    artifactRoute(deps),
  ];

  const app = new Hono<AppEnv>();
  app.use(requestId);
  app.use(accessLog(deps));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        respondWithProblem(c, wrongMethod(c.req.method, methods.join(', '))),
    }),
  );
  app.use(async (c, next) => {
    c.set('caller', deps.caller(c));
    await next();
  });
  app.use(securityHeaders(deps.hstsSeconds));

  if (deps.corsOrigins) {
    const exposeHeaders = [
      'X-Request-Id',
      'X-Model-Version',
      'X-Predicted-Class',
      'X-Heatmap-Class',
      'X-Heatmap-Method',
      'X-Heatmap-Share',
      'X-Tta',
      'X-Triage',
      'X-Abstained',
      'X-Disclaimer',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
    ];
    app.use(cors({ origin: [...deps.corsOrigins], exposeHeaders, maxAge: 600 }));
  }
  app.use(async (c, next) => {
    const { maxBodyBytes } = deps.limits;
    if ((declaredLength(c.req) ?? 0) > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
    await next();
  });

  for (const route of routes) {
    app.on(route.method, route.path, async (c) => {
      c.set('route', route.path);
      const client = deps.keys && !route.open ? await authenticate(c.req, deps.keys) : undefined;
      if (route.work) {
        if (deps.draining()) throw shuttingDown();
        // A key may be used from many addresses, and an address be that of many without a key.
        const counted = client ? `key:${client}` : `address:${c.var.caller.address ?? ''}`;
        if (deps.rateLimit) await limitRate(c, deps.rateLimit, counted);
      }
      return route.handle(c);
    });
  }

  app.notFound((c) =>
    respondWithProblem(
      c,
      new ProblemError('not-found', 'there is no such route; GET /docs lists them'),
    ),
  );
  app.onError((error, c) => {
    if (error instanceof ProblemError) return respondWithProblem(c, error);
    deps.log.defect(c.var.requestId, error);
    return respondWithProblem(c, internalProblem());
  });
  return app;
}

function wrongMethod(method: string, allow: string): ProblemError {
  const detail = `${method} is not served here; ${allow} is`;
  return new ProblemError('method-not-allowed', detail, { headers: { Allow: allow } });
}

function shuttingDown(): ProblemError {
  const detail = 'the server is shutting down; try again in 1 s';
  const headers = { 'Retry-After': '1', Connection: 'close' };
  return new ProblemError('draining', detail, { headers });
}
