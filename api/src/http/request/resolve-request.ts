import type { Context } from 'hono';
import type * as z from 'zod';
import type { Engine, NetworkOptions } from '../../analysis/engine.ts';
import type { Engines } from '../../analysis/engines.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions, withPatient } from '../../answers/resolve-options.ts';
import {
  type PatientSource,
  type StatingFile,
  statedPatient,
} from '../../answers/stated-patient.ts';
import {
  type AssessmentQuery,
  type RequestSchemas,
  requestSchemas,
} from '../../schemas/request.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { AppEnv } from '../context/app-env.ts';
import type { UploadedImage } from './analyse-upload.ts';
import { chooseEngine } from './choose-engine.ts';
import { brokenRules, readQuery } from './query.ts';
import type { BodyFields } from './upload.ts';

/** Of the parameters of a route that answers about images. */
export type AnswerSchema = z.ZodObject &
  z.ZodType<AssessmentQuery & { readonly version?: string | undefined }>;

/** Which of the queries of a version a route takes. */
export type ChooseSchema<S extends AnswerSchema> = (schemas: RequestSchemas) => S;

/** A request's parameters, the engine that answers it, and what that engine's version makes of them. */
export interface ResolvedRequest<S extends AnswerSchema> {
  readonly choose: ChooseSchema<S>;
  readonly query: z.infer<S>;
  readonly engine: Engine;
  readonly options: AnswerOptions;
}

/**
 * What a request asks for, settled before its body is read: nobody uploads for a refusal.
 *
 * @param choose its queries, of those of the version
 * @param network how long an image takes by it
 * @throws ProblemError `invalid-query`, `busy`, `no-model`
 */
export function resolveRequest<S extends AnswerSchema>(
  c: Context<AppEnv>,
  deps: Pick<AppDependencies, 'engines' | 'limits'>,
  choose: ChooseSchema<S>,
  network: (query: z.infer<S>) => NetworkOptions,
): ResolvedRequest<S> {
  const asksFor = c.req.url.includes('?') ? c.req.query('version') : undefined;
  const schemas = schemasOf(deps.engines, asksFor);
  const query = readQuery(c.req, choose(schemas), schemas.rules);
  const engine = chooseEngine(c, deps, query.version, network(query));
  const options = resolveOptions(query, (name) => c.req.query(name), engine.model);
  return { choose, query, engine, options };
}

/** Of the version that is asked for; where it is not served, that is told once the rest is understood. */
function schemasOf(engines: Engines, version: string | undefined): RequestSchemas {
  const engine = version === undefined ? undefined : engines.byVersion.get(version);
  return requestSchemas((engine ?? engines.current).model.taxonomy);
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
  const { choose } = before;
  const inQuery = c.req.query();
  const schemas = schemasOf(deps.engines, fields.version ?? inQuery.version);
  const schema = choose(schemas);
  const names = Object.keys(fields).filter((name) => name in schema.shape);
  if (names.length === 0) return before;
  const faults = names
    .filter((name) => name in inQuery)
    .map((name) => `${name} came in the query and in the body; send it once`);
  const sent = { ...inQuery, ...fields };
  const result = schema.safeParse(sent);
  if (!result.success) faults.push(...brokenRules(result.error, schemas.rules));
  if (faults.length > 0 || !result.success) {
    throw new ProblemError('invalid-body', faults.join('; '));
  }
  const query = result.data;
  const engine =
    query.version === before.query.version ? before.engine : chooseEngine(c, deps, query.version);
  return {
    choose,
    query,
    engine,
    options: resolveOptions(query, (name) => sent[name], engine.model),
  };
}

/**
 * The same with what its DICOM files say of the patient, where it asks for that.
 *
 * @param images of one patient, converted
 * @throws ProblemError as {@link statedPatient}
 */
export function withStatedPatient<S extends AnswerSchema>(
  request: ResolvedRequest<S>,
  images: readonly UploadedImage[],
): ResolvedRequest<S> {
  const known: PatientSource = request.query;
  if (known.patient === undefined) return request;
  const files = images.map((image): StatingFile | ProblemError =>
    image instanceof Uint8Array ? {} : image,
  );
  const stated = statedPatient(known, files);
  if (stated === undefined) return request;
  const query = { ...request.query, ...stated };
  return { ...request, query, options: withPatient(request.options, query, request.engine.model) };
}
