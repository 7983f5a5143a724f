import { liveSchema, type Ready, readySchema } from '../../schemas/health.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { requireReady } from '../request/require-ready.ts';

/** `GET /health/live`: the process answers. */
export function liveRoute(): Route {
  return {
    method: 'GET',
    path: '/health/live',
    open: true,
    summary: 'Whether the process answers',
    answer: { description: 'It does.', content: { 'application/json': liveSchema } },
    problems: [],
    handle: (c) => c.json({ status: 'live' }),
  };
}

/** `GET /health/ready`: images may be sent; not before the model has answered once. */
export function readyRoute(deps: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/health/ready',
    open: true,
    summary: 'Whether images may be sent',
    answer: {
      description: 'The model has answered at least once.',
      content: { 'application/json': readySchema },
    },
    problems: ['no-model', 'draining'],
    handle(c) {
      const engine = deps.engines.current;
      requireReady(engine, deps);
      const { name, version } = engine.model.manifest;
      const warnings = deps.warnings?.() ?? [];
      return c.json<Ready>({
        status: 'ready',
        model: { name, version },
        ...(warnings.length > 0 && { warnings: [...warnings] }),
      });
    },
  };
}
