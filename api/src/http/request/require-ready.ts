import type { Engine } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';

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
