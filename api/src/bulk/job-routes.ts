import type { Context } from 'hono';
import * as z from 'zod';
import { EngineError, type ServedModel } from '../analysis/engine.ts';
import { ProblemError } from '../answers/problem-error.ts';
import type { AppEnv } from '../http/context/app-env.ts';
import type { Route } from '../http/context/route.ts';
import { engineProblem } from '../http/request/choose-engine.ts';
import { readQuery } from '../http/request/query.ts';
import { EDGE_LIMITS } from '../runtime/edge/edge-limits.ts';
import { type JobOptions, type RequestSchemas, requestSchemas } from '../schemas/request.ts';
import type { Bulk } from './bulk.ts';
import { bulkLog } from './bulk-log.ts';
import { BulkFailure } from './failure.ts';
import { createJob, type Job, readJob } from './job.ts';
import { answerOptionsOf, jobQuery, readJobOptions } from './job-options.ts';
import { jobProgress } from './job-status.ts';
import type { ImageReference, SettleMessage } from './messages.ts';
import { JOBS, manifestKey, partKey, type TableFormat } from './places.ts';
import { type BucketPage, MOST_MESSAGES } from './platform.ts';
import { readJobLesions } from './read-job-lesions.ts';
import { jobCsv, type SettledItem, tablePart } from './table-part.ts';

const jobsQuery = ({ job }: RequestSchemas) =>
  job.extend({
    prefix: z
      .string()
      .max(1024)
      .default('')
      .meta({ description: 'What the names of the images begin with.' }),
    lesions: z.string().min(1).max(1024).optional().meta({
      description:
        'Name of a CSV file in the bucket of images with the columns image and lesion, and perhaps age, sex and site: one answer a lesion to all of its photos.',
    }),
  });

const noQuery = z.object({});

const tableQuery = z.object({
  format: z.enum(['csv', 'ndjson']).default('csv'),
  partial: z.stringbool({ truthy: ['true'], falsy: ['false'], case: 'sensitive' }).default(false),
});

const JSON_ANSWER = { 'application/json': 'text' } as const;

/** What operators ask of this worker; each needs a key. */
export function jobRoutes(bulk: Bulk): Route[] {
  return routesOf(bulk).map(refusingUnknownNames);
}

/** A route without parameters of its own takes none. */
function refusingUnknownNames(route: Route): Route {
  if (route.query) return route;
  return {
    ...route,
    handle(c) {
      readQuery(c.req, noQuery);
      return route.handle(c);
    },
  };
}

function routesOf(bulk: Bulk): Route[] {
  const { predictions } = bulk;
  return [
    {
      method: 'POST',
      path: '/jobs',
      summary: 'Looks at all images below a prefix, or at all lesions of a table',
      query: jobsQuery,
      answer: { description: 'The job.', content: JSON_ANSWER },
      problems: ['invalid-query', 'no-model', 'not-configured'],
      async handle(c) {
        const model = await servedModel(bulk);
        const schemas = requestSchemas(model.taxonomy);
        const asked = readQuery(c.req, jobsQuery(schemas), schemas.rules);
        const { prefix, lesions, ...options } = asked;
        if (lesions !== undefined && prefix !== '') {
          const detail = 'lesions names the images itself: leave prefix out';
          throw new ProblemError('invalid-query', detail);
        }
        const query = jobQuery(options, model);
        checkJobOptions(options, query, model);
        const about = {
          prefix,
          ...(lesions !== undefined && { lesions: await checkLesions(lesions, bulk) }),
        };
        const job = await createJob(bulk, about, model, query);
        await bulk.jobQueue.send({ kind: 'list', job: job.id, page: 0 });
        return answer(c, job, 202, { Location: `/jobs/${job.id}` });
      },
    },
    {
      method: 'GET',
      path: '/jobs',
      summary: 'The ids of all jobs, the oldest first',
      answer: { description: 'The ids.', content: JSON_ANSWER },
      problems: [],
      handle: async (c) => answer(c, { jobs: await jobIds(bulk) }),
    },
    {
      method: 'GET',
      path: '/jobs/:job',
      summary: 'How far a job has come',
      answer: { description: 'Its state and counts.', content: JSON_ANSWER },
      problems: ['no-such-job'],
      handle: async (c) => answer(c, (await progressOf(c, bulk)).status),
    },
    {
      method: 'POST',
      path: '/jobs/:job/resume',
      summary: 'Puts what a job still lacks into the queues again',
      answer: { description: 'The job as it was before.', content: JSON_ANSWER },
      problems: ['no-such-job'],
      async handle(c) {
        const { status, openPages, listedAll } = await progressOf(c, bulk);
        await resume(status.job, openPages, bulk);
        if (!listedAll) {
          await bulk.jobQueue.send({ kind: 'list', job: status.job.id, page: status.pages.listed });
        }
        for (const key of status.stopped) await predictions.delete(key);
        return answer(c, status, 202);
      },
    },
    {
      method: 'GET',
      path: '/jobs/:job/table',
      summary: 'The table of predictions',
      query: tableQuery,
      answer: { description: 'A row an image.', content: { 'text/csv': 'text' } },
      problems: ['invalid-query', 'no-such-job', 'job-not-complete'],
      async handle(c) {
        const { format, partial } = readQuery(c.req, tableQuery);
        const { status, backend } = await progressOf(c, bulk);
        const { state, images, job } = status;
        if (state !== 'complete' && !partial) {
          const detail = `${images.listed - images.open} of the ${images.listed} images that are listed so far are in the table; ask again later, or add partial=true for what there is`;
          throw new ProblemError('job-not-complete', detail);
        }
        const pages = backend.map(({ key }) => Number(/(\d+)\.csv$/.exec(key)![1]));
        c.header('Cache-Control', 'no-store');
        c.header('X-Complete', String(state === 'complete'));
        const type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson';
        return c.body(table(job, pages, format, bulk), 200, { 'Content-Type': type });
      },
    },
    {
      method: 'GET',
      path: '/jobs/:job/manifest',
      summary: 'The counts of a complete job, with its parts',
      answer: { description: 'The manifest.', content: JSON_ANSWER },
      problems: ['no-such-job', 'job-not-complete'],
      async handle(c) {
        const { status } = await progressOf(c, bulk);
        const manifest = await predictions.get(manifestKey(status.job.id));
        if (manifest) return answer(c, await manifest.json<object>());
        throw new ProblemError(
          'job-not-complete',
          'there is no manifest before the job is complete',
        );
      },
    },
  ];
}

function answer(
  c: Context<AppEnv>,
  value: object,
  status: 200 | 202 = 200,
  headers: Record<string, string> = {},
): Response {
  return c.json(value, status, { ...headers, 'Cache-Control': 'no-store' });
}

/** @throws ProblemError `invalid-query` for what this worker's model does not allow */
function checkJobOptions(options: JobOptions, query: string, model: ServedModel): void {
  const { version } = options;
  const served = model.manifest.version;
  if (version !== undefined && version !== served) {
    throw new ProblemError('invalid-query', `version must be one that is served: ${served}`);
  }
  answerOptionsOf(readJobOptions(query, model), model);
}

/** @throws ProblemError `no-model` */
async function servedModel(bulk: Bulk): Promise<ServedModel> {
  try {
    return (await bulk.engine()).model;
  } catch (error) {
    bulkLog.failure('no-model', error);
    throw engineProblem(new EngineError({ kind: 'unavailable' }), EDGE_LIMITS.timeoutSeconds);
  }
}

async function progressOf(c: Context<AppEnv>, { predictions }: Bulk) {
  return jobProgress(await readJob(predictions, c.req.param('job') ?? ''), predictions);
}

async function resume(job: Job, openPages: readonly number[], { jobQueue }: Bulk): Promise<void> {
  const messages = openPages.map((page) => ({
    body: { kind: 'settle', job: job.id, page, round: 0, enqueue: true } satisfies SettleMessage,
  }));
  for (let i = 0; i < messages.length; i += MOST_MESSAGES) {
    await jobQueue.sendBatch(messages.slice(i, i + MOST_MESSAGES));
  }
}

async function jobIds({ predictions }: Bulk): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page: BucketPage = await predictions.list({
      prefix: JOBS,
      delimiter: '/',
      ...(cursor && { cursor }),
    });
    ids.push(...page.delimitedPrefixes.map((prefix) => prefix.slice(JOBS.length, -1)));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return ids;
}

/** @throws ProblemError `invalid-query` where there is no such table, or something is wrong with it */
async function checkLesions(key: string, bulk: Bulk): Promise<ImageReference> {
  const object = await bulk.images.head(key);
  if (object === null) {
    throw new ProblemError('invalid-query', `lesions: the bucket has no ${key}`);
  }
  const table = { key, etag: object.etag };
  await readJobLesions(table, bulk).catch((error: unknown) => {
    if (!(error instanceof BulkFailure)) throw error;
    throw new ProblemError('invalid-query', `lesions: ${error.message}`);
  });
  return table;
}

/** The CSV of a part that an earlier release wrote with other columns, out of its whole answers. */
async function rewrittenPart(
  job: Job,
  page: number,
  offset: number,
  predictions: Bulk['predictions'],
): Promise<ReadableStream<Uint8Array>> {
  const answers = await predictions.get(partKey(job.id, page, 'ndjson'));
  if (!answers) throw new Error(`part ${page} is gone`);
  const lines = new TextDecoder().decode(await answers.arrayBuffer()).split('\n');
  const items = lines.filter((line) => line !== '').map((line): SettledItem => JSON.parse(line));
  return new Blob([tablePart(items, jobCsv(job)).csv.slice(offset)]).stream();
}

/** The parts one behind the other, of which only one is on its way at a time. */
function table(
  job: Job,
  pages: readonly number[],
  format: TableFormat,
  { predictions }: Bulk,
): ReadableStream<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const { columns, header } = jobCsv(job);
  const pump = async () => {
    for (const [i, page] of pages.entries()) {
      // Each part has its header, for who takes it out of the bucket.
      const offset = format === 'csv' && i > 0 ? header.length : 0;
      const part = await predictions.get(partKey(job.id, page, format), { range: { offset } });
      if (!part) throw new Error(`part ${page} is gone`);
      const current = format === 'ndjson' || part.customMetadata?.columns === columns;
      if (!current) await part.body.cancel();
      const body = current ? part.body : await rewrittenPart(job, page, offset, predictions);
      await body.pipeTo(writable, { preventClose: true });
    }
    await writable.close();
  };
  // The reader sees that it broke off.
  pump().catch((error) => writable.abort(error).catch(() => {}));
  return readable;
}
