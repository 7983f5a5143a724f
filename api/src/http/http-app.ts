import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { internalProblem, ProblemError } from '../answers/problem-error.ts';
import type { AppDependencies } from './context/app-dependencies.ts';
import type { AppEnv } from './context/app-env.ts';
import type { Route } from './context/route.ts';
import { accessLog } from './middleware/access-log.ts';
import { authenticate } from './middleware/api-keys.ts';
import { respondWithProblem } from './middleware/problem-response.ts';
import { limitRate } from './middleware/rate-limit.ts';
import { setStandardHeaders } from './middleware/standard-headers.ts';
import { bodyTooLarge, declaredLength } from './request/read-body.ts';

/** What serving routes takes, whatever they do. */
export type HttpDependencies = Pick<
  AppDependencies,
  | 'limits'
  | 'log'
  | 'keys'
  | 'logKeyNames'
  | 'rateLimit'
  | 'caller'
  | 'hstsSeconds'
  | 'metrics'
  | 'tracing'
  | 'corsOrigins'
  | 'draining'
>;

/** Serves routes: ids, the log, keys, limits, and a problem document for every error. */
export function createHttpApp(routes: readonly Route[], deps: HttpDependencies): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const logged = accessLog(deps);
  // One layer, not three: each costs every request some 10 µs.
  const fhirPaths = new Set(routes.flatMap(({ fhir, path }) => (fhir ? [path] : [])));
  app.use((c, next) => {
    if (fhirPaths.has(c.req.path)) c.set('fhir', true);
    setStandardHeaders(c, deps);
    return logged(c, next);
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        respondWithProblem(c, wrongMethod(c.req.method, methods.join(', '))),
    }),
  );

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
      const { open, scope = 'predict' } = route;
      const client = deps.keys && !open ? await authenticate(c.req, deps.keys, scope) : undefined;
      if (client) c.set('client', client.name);
      if (route.work) {
        if (deps.draining()) throw shuttingDown();
        if (deps.rateLimit) {
          // A key may be used from many addresses, and an address be that of many without a key.
          const counted = client ? `key:${client.name}` : `address:${deps.caller(c).address ?? ''}`;
          await limitRate(c, deps.rateLimit, counted);
        }
      }
      try {
        return await route.handle(c);
      } finally {
        c.get('bodyLease')?.release();
        c.get('releaseEngine')?.();
      }
    });
  }

  app.notFound((c) =>
    respondWithProblem(
      c,
      new ProblemError('not-found', `there is no such route; ${whereToLook(routes)}`),
    ),
  );
  app.onError((error, c) => {
    if (error instanceof ProblemError) return respondWithProblem(c, error);
    deps.log.defect(c.var.requestId, error);
    return respondWithProblem(c, internalProblem());
  });
  return app;
}

/** How to find what there is. */
function whereToLook(routes: readonly Route[]): string {
  if (routes.some(({ path }) => path === '/docs')) return 'GET /docs lists them';
  return `there are ${routes.map(({ method, path }) => `${method} ${path}`).join(', ')}`;
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
