import type { ServedModel } from '../analysis/engine.ts';
import { type AnswerOptions, resolveOptions } from '../answers/resolve-options.ts';
import { type JobOptions, requestSchemas } from '../schemas/request.ts';

/** What a job asks of each answer. */
export interface AskedByJob {
  readonly options: JobOptions;
  /** What was sent, by name. */
  readonly sent: ReadonlyMap<string, string>;
}

/**
 * Of the parameters of a job those that are not the default, as a query in the order of their names: jobs that ask
 * the same have the same text. The version is that of the job's model.
 */
export function jobQuery(
  { version: _, ...options }: JobOptions,
  { taxonomy }: ServedModel,
): string {
  const defaults: Readonly<Record<string, unknown>> = requestSchemas(taxonomy).job.parse({});
  const asked = Object.entries(options)
    .filter(([name, value]) => value !== undefined && value !== defaults[name])
    .map(([name, value]): [string, string] => [name, String(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return new URLSearchParams(asked).toString();
}

/** @param query as {@link jobQuery} gives it */
export function readJobOptions(query: string | undefined, { taxonomy }: ServedModel): AskedByJob {
  const sent = new Map(new URLSearchParams(query ?? ''));
  return { options: requestSchemas(taxonomy).job.parse(Object.fromEntries(sent)), sent };
}

/** @throws ProblemError `invalid-query` when something is asked for that the version was not fitted for */
export function answerOptionsOf({ options, sent }: AskedByJob, model: ServedModel): AnswerOptions {
  return resolveOptions(options, (name) => sent.get(name), model);
}
