import type { Hono } from 'hono';
import type { AppDependencies } from './context/app-dependencies.ts';
import type { AppEnv } from './context/app-env.ts';
import type { Route } from './context/route.ts';
import { docsRoute } from './docs/docs-route.ts';
import { createHttpApp } from './http-app.ts';
import { assetRoute } from './page/asset-route.ts';
import { pageRoute } from './page/page-route.ts';
import { artifactRoute } from './routes/artifact.ts';
import { casePictureRoute } from './routes/case-picture.ts';
import { gradcamRoute } from './routes/gradcam.ts';
import { liveRoute, readyRoute } from './routes/health.ts';
import { lesionRoute } from './routes/lesion.ts';
import { metricsRoute } from './routes/metrics.ts';
import { modelRoute } from './routes/model.ts';
import { openapiRoute } from './routes/openapi.ts';
import { predictRoute } from './routes/predict.ts';
import { v2Routes } from './v2/routes.ts';

/**
 * The API, the same on every runtime: what differs comes in as `deps`.
 *
 * @example
 * const app = createApp({ engines, limits, log, caller, draining: () => false });
 * const response = await app.request('/predict', { method: 'POST', body: jpeg });
 */
export function createApp(deps: AppDependencies): Hono<AppEnv> {
  const described: Route[] = [
    predictRoute(deps),
    gradcamRoute(deps),
    lesionRoute(deps),
    modelRoute(deps),
    casePictureRoute(deps),
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
  return createHttpApp(routes, deps);
}
