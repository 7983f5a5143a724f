import type { Engine } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { liveSchema, type Ready, readySchema } from '../../schemas/health.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';

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
      return c.json<Ready>({ status: 'ready', model: { name, version } });
    },
  };
}

/** @throws ProblemError `draining`, `no-model` where images may not be sent */
export function requireReady(
  engine: Engine,
  { draining }: Pick<AppDependencies, 'draining'>,
): void {
  const headers = { 'Retry-After': '1' };
  if (draining()) throw new ProblemError('draining', 'the server is shutting down', { headers });
  if (engine.state === 'failed') {
    throw new ProblemError('no-model', 'the model could not be loaded', { headers });
  }
  if (engine.state === 'starting') {
    throw new ProblemError('no-model', 'the model is being loaded', { headers });
  }
}
