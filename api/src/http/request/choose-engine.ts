import type { Context } from 'hono';
import { type Engine, EngineError, type NetworkOptions } from '../../analysis/engine.ts';
import type { Engines } from '../../analysis/engines.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { Limits } from '../../answers/request-limits.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';

/**
 * The engine that a request asks for, held until its answer is known. Called before the body is read, so that nobody
 * uploads for a refusal.
 *
 * @param version as sent; without one, the current
 * @param options as far as they decide how long an image takes
 * @throws ProblemError `invalid-query` where that version is not served, `busy`, `no-model`, `too-many-images`
 */
export function chooseEngine(
  c: Context<AppEnv>,
  { engines, limits }: Pick<AppDependencies, 'engines' | 'limits'>,
  version: string | undefined,
  options?: NetworkOptions,
): Engine {
  const engine = servedEngine(engines, version);
  holdEngine(c, engine, limits, options);
  return engine;
}

/**
 * Holds an engine for a request, in place of the one that it held.
 *
 * @throws ProblemError `busy`, `no-model` where the engine takes nothing now
 */
export function holdEngine(
  c: Context<AppEnv>,
  engine: Engine,
  limits: Limits,
  options?: NetworkOptions,
): void {
  try {
    engine.refuseWhenFull(options);
  } catch (error) {
    throw engineProblem(error, limits.timeoutSeconds);
  }
  c.get('releaseEngine')?.();
  c.set('releaseEngine', engine.hold());
}

/**
 * The engine of a version, whether it has room or not.
 *
 * @param version as sent; without one, the current
 * @throws ProblemError `invalid-query` where that version is not served
 */
export function servedEngine(engines: Engines, version: string | undefined): Engine {
  const engine = version === undefined ? engines.current : engines.byVersion.get(version);
  if (engine !== undefined) return engine;
  const served = [...engines.byVersion.keys()].join(', ');
  throw new ProblemError('invalid-query', `version must be one that is served: ${served}`);
}

/** What an engine's fault means to the caller; what is no such fault stays as it is. */
export function engineProblem(error: unknown, timeoutSeconds: number): unknown {
  if (!(error instanceof EngineError)) return error;
  const { fault } = error;
  switch (fault.kind) {
    case 'busy': {
      const wait = fault.retryAfterSeconds;
      return new ProblemError(
        'busy',
        `there is as much to do as can be done in time; try again in ${wait} s`,
        {
          headers: { 'Retry-After': String(wait) },
        },
      );
    }
    case 'too-much': {
      const detail = `this would take about ${fault.seconds} s, and an answer may take ${timeoutSeconds} s; send fewer images, or ask for fewer views`;
      return new ProblemError('too-many-images', detail);
    }
    case 'unavailable':
      return new ProblemError('no-model', 'no model is loaded; try again in 5 s', {
        headers: { 'Retry-After': '5' },
      });
    case 'timeout':
      return new ProblemError(
        'timeout',
        `there was no answer within ${timeoutSeconds} s; try again`,
      );
  }
}
