import * as z from 'zod';
import type { Analysis } from '../../analysis/engine.ts';
import {
  answerAboutImage,
  averagedViews,
  modelReference,
} from '../../answers/prediction-answer.ts';
import { ProblemError, problemOr } from '../../answers/problem-error.ts';
import { caveatsIn, translateAnswer } from '../../language/translate-answer.ts';
import { diagnosticReportSchema } from '../../schemas/fhir.ts';
import {
  type BatchItem,
  type BatchResponse,
  batchResponseSchema,
  type PredictResponse,
  predictResponseSchema,
} from '../../schemas/prediction.ts';
import type { RequestSchemas } from '../../schemas/request.ts';
import { FHIR_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { analyseUpload, convertImages } from '../request/analyse-upload.ts';
import { chooseLanguage, negotiate } from '../request/negotiate.ts';
import { reportHeatmap, respondWithReport } from '../request/report.ts';
import { resolveRequest, withBodyFields, withStatedPatient } from '../request/resolve-request.ts';
import { readUpload } from '../request/upload.ts';

const querySchema = ({ predict }: RequestSchemas) => predict;

/** `POST /predict`: scores of one image, or of a batch. */
export function predictRoute(deps: AppDependencies): Route {
  return {
    method: 'POST',
    path: '/predict',
    summary: 'Scores of the classes for one image, or for each of a batch',
    description:
      'Send the image as the raw body, as the multipart field `image` (repeated for a batch), or as JSON. ' +
      'One bad image of a batch is an error in its own place and does not fail the others.',
    query: querySchema,
    takes: 'images',
    fhir: true,
    answer: {
      description: 'Predictions, the likeliest first; for a batch one item an image, as sent.',
      content: {
        'application/json': z.union([predictResponseSchema, batchResponseSchema]),
        [FHIR_MEDIA_TYPE]: diagnosticReportSchema,
      },
    },
    problems: ['all-images-failed', 'too-many-images', 'abstained'],
    work: true,
    async handle(c) {
      const type = negotiate(c.req.header('Accept'), ['application/json', FHIR_MEDIA_TYPE]);
      const asked = resolveRequest(c, deps, querySchema, ({ tta }) => ({ tta }));
      const upload = await readUpload(c, deps);
      const stated = withBodyFields(c, deps, asked, upload.fields);
      if (stated.query.patient && upload.batch) throw onePatient(upload.images.length);
      const photos = await convertImages(c, deps, upload.batch ? upload.images : [upload.image]);
      const { query, engine, options } = withStatedPatient(stated, photos);
      const { top_k, tta } = query;
      const { model } = engine;
      const envelope = {
        id: c.get('requestId'),
        model: modelReference(model),
        prior: options.prior,
        ...averagedViews(tta),
      };
      if (type === FHIR_MEDIA_TYPE) {
        if (upload.batch) throw oneImage(upload.images.length);
        const [result] = await analyseUpload(c, deps, engine, photos, {
          tta,
          ...reportHeatmap(query, model, options),
        });
        if (result instanceof ProblemError) throw result;
        const answer = answerAboutImage(result!, top_k, model, options);
        const reported = { ...answer, images: [answer] };
        return respondWithReport(c, reported, [result!], query, model, options);
      }
      const analysis = { tta, ...(options.similar && { similar: options.similar }) };
      const language = chooseLanguage(c, query.language);
      const caveats = caveatsIn(language, model);
      const answered = (result: Analysis) =>
        translateAnswer(answerAboutImage(result, top_k, model, options), language, model.taxonomy);
      c.header('Cache-Control', 'no-store');

      if (!upload.batch) {
        const [result] = await analyseUpload(c, deps, engine, photos, analysis);
        if (result instanceof ProblemError) throw result;
        const answer = answered(result!);
        return c.json<PredictResponse>({ ...envelope, ...answer, ...caveats });
      }

      const results = (await analyseUpload(c, deps, engine, photos, analysis)).map((result) =>
        result instanceof ProblemError ? result : problemOr(() => answered(result)),
      );
      const items = results.map<BatchItem>((result) =>
        result instanceof ProblemError ? { error: result.document(c.var.requestId) } : result,
      );
      if (results.every((result) => result instanceof ProblemError)) {
        const detail = `all ${items.length} images failed; "results" says why, in the order sent`;
        throw new ProblemError('all-images-failed', detail, { members: { results: items } });
      }
      return c.json<BatchResponse>({ ...envelope, results: items, ...caveats });
    },
  };
}

function oneImage(count: number): ProblemError {
  const detail = `a report is about one image, and ${count} came; POST /lesion reports on the photos of one lesion`;
  return new ProblemError('too-many-images', detail);
}

function onePatient(count: number): ProblemError {
  const detail = `patient=dicom goes with one image, and ${count} came; POST /lesion takes the photos of one lesion`;
  return new ProblemError('invalid-query', detail);
}
