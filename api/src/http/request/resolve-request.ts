import type { Context } from 'hono';
import type * as z from 'zod';
import type { Engine, NetworkOptions } from '../../analysis/engine.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions } from '../../answers/resolve-options.ts';
import type { AssessmentQuery } from '../../schemas/request.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import { chooseEngine } from './choose-engine.ts';
import { brokenRules, readQuery } from './query.ts';
import type { BodyFields } from './upload.ts';

/** Of the parameters of a route that answers about images. */
export type AnswerSchema = z.ZodObject &
  z.ZodType<AssessmentQuery & { readonly version?: string | undefined }>;

/** A request's parameters, the engine that answers it, and what that engine's version makes of them. */
export interface ResolvedRequest<S extends AnswerSchema> {
  readonly schema: S;
  readonly query: z.infer<S>;
  readonly engine: Engine;
  readonly options: AnswerOptions;
}

/**
 * What a request asks for, settled before its body is read: nobody uploads for a refusal.
 *
 * @param network how long an image takes by it
 * @throws ProblemError `invalid-query`, `busy`, `no-model`
 */
export function resolveRequest<S extends AnswerSchema>(
  c: Context<AppEnv>,
  deps: Pick<AppDependencies, 'engines' | 'limits'>,
  schema: S,
  network: (query: z.infer<S>) => NetworkOptions,
): ResolvedRequest<S> {
  const query = readQuery(c.req, schema);
  const engine = chooseEngine(c, deps, query.version, network(query));
  const options = resolveOptions(query, (name) => c.req.query(name), engine.model);
  return { schema, query, engine, options };
}

/**
 * The same with what the body says beside its images; where it says nothing, it stays as it is.
 *
 * @throws ProblemError `invalid-body` where a value is out of its range, or came in the query as well
 */
export function withBodyFields<S extends AnswerSchema>(
  c: Context<AppEnv>,
  deps: Pick<AppDependencies, 'engines' | 'limits'>,
  before: ResolvedRequest<S>,
  fields: BodyFields,
): ResolvedRequest<S> {
  const { schema } = before;
  const names = Object.keys(fields).filter((name) => name in schema.shape);
  if (names.length === 0) return before;
  const inQuery = c.req.query();
  const faults = names
    .filter((name) => name in inQuery)
    .map((name) => `${name} came in the query and in the body; send it once`);
  const sent = { ...inQuery, ...fields };
  const result = schema.safeParse(sent);
  if (!result.success) faults.push(...brokenRules(result.error));
  if (faults.length > 0 || !result.success) {
    throw new ProblemError('invalid-body', faults.join('; '));
  }
  const query = result.data;
  const engine =
    query.version === before.query.version ? before.engine : chooseEngine(c, deps, query.version);
  return {
    schema,
    query,
    engine,
    options: resolveOptions(query, (name) => sent[name], engine.model),
  };
}
