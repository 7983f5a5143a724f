import {
  type BatchItem,
  type BatchResponse,
  batchResponseSchema,
  type PredictResponse,
  predictResponseSchema,
} from '@naevus/shared/api/prediction';
import { predictQuerySchema } from '@naevus/shared/api/request';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import * as z from 'zod';
import type { AppDependencies } from '../app-dependencies.ts';
import { analyseUpload } from '../http/analyse-upload.ts';
import { chooseEngine } from '../http/choose-engine.ts';
import { negotiate } from '../http/negotiate.ts';
import { ProblemError } from '../http/problem-error.ts';
import { readQuery } from '../http/query.ts';
import { readUpload } from '../http/upload.ts';
import { answerAboutImage, modelReference } from './prediction-answer.ts';
import type { Route } from './route.ts';

/** `POST /predict`: scores of one image, or of a batch. */
export function predictRoute(deps: AppDependencies): Route {
  return {
    method: 'POST',
    path: '/predict',
    summary: 'Scores of the seven classes for one image, or for each of a batch',
    description:
      'Send the image as the raw body, as the multipart field `image` (repeated for a batch), or as JSON. ' +
      'One bad image of a batch is an error in its own place and does not fail the others.',
    query: predictQuerySchema,
    takes: 'images',
    answer: {
      description: 'Predictions, the likeliest first; for a batch one item an image, as sent.',
      content: { 'application/json': z.union([predictResponseSchema, batchResponseSchema]) },
    },
    problems: ['all-images-failed', 'too-many-images'],
    work: true,
    async handle(c) {
      negotiate(c.req.header('Accept'), ['application/json']);
      const { top_k, version } = readQuery(c.req, predictQuerySchema);
      chooseEngine(deps, version);
      const upload = await readUpload(c.req, deps.limits);
      const engine = chooseEngine(deps, version);
      const envelope = { id: c.var.requestId, model: modelReference(engine.model) };
      c.header('Cache-Control', 'no-store');

      if (!upload.batch) {
        const [result] = await analyseUpload(c, deps, engine, [upload.image]);
        if (result instanceof ProblemError) throw result;
        const answer = answerAboutImage(result!, top_k);
        return c.json<PredictResponse>({ ...envelope, ...answer, disclaimer: DISCLAIMER });
      }

      const results = await analyseUpload(c, deps, engine, upload.images);
      const items = results.map<BatchItem>((result) =>
        result instanceof ProblemError
          ? { error: result.document(c.var.requestId) }
          : answerAboutImage(result, top_k),
      );
      if (results.every((result) => result instanceof ProblemError)) {
        const detail = `all ${items.length} images failed; "results" says why, in the order sent`;
        throw new ProblemError('all-images-failed', detail, { members: { results: items } });
      }
      return c.json<BatchResponse>({ ...envelope, results: items, disclaimer: DISCLAIMER });
    },
  };
}
