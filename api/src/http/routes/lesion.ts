import type { Analysis } from '../../analysis/engine.ts';
import { answerAboutLesion } from '../../answers/lesion-answer.ts';
import { averagedViews, modelReference } from '../../answers/prediction-answer.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { pairedHeatmap, reportedModel, reportedPhotos } from '../../answers/report-content.ts';
import { caveatsIn, translateLesion } from '../../language/translate-answer.ts';
import { diagnosticReportSchema } from '../../schemas/fhir.ts';
import { type LesionResponse, lesionResponseSchema } from '../../schemas/lesion.ts';
import { MAX_PHOTOS, type RequestSchemas } from '../../schemas/request.ts';
import { FHIR_MEDIA_TYPE, PDF_MEDIA_TYPE } from '../../schemas/wire-names.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { analyseUpload, convertImages } from '../request/analyse-upload.ts';
import { chooseLanguage, negotiate } from '../request/negotiate.ts';
import { reportHeatmap, respondWithReport } from '../request/report.ts';
import { resolveRequest, withBodyFields, withStatedPatient } from '../request/resolve-request.ts';
import { readUpload } from '../request/upload.ts';

const querySchema = ({ lesion }: RequestSchemas) => lesion;

/** `POST /lesion`: one answer to several photos of one lesion. */
export function lesionRoute(deps: AppDependencies): Route {
  const maxPhotos = Math.min(MAX_PHOTOS, deps.limits.maxBatch);
  return {
    method: 'POST',
    path: '/lesion',
    summary: 'One answer to the photos of one lesion',
    description:
      `Send 1 to ${maxPhotos} photos of one lesion as the multipart field \`image\`, repeated, or as JSON \`{"images": [...]}\`. ` +
      'Photos that are abstained from have no vote; where all are, the lesion is abstained from. ' +
      'One photo is answered as `/predict` answers it. ' +
      'The Node server answers with a page to keep as well, as PDF.',
    query: querySchema,
    takes: 'photos',
    fhir: true,
    answer: {
      description: 'Predictions of the lesion, and of each photo by itself.',
      content: {
        'application/json': lesionResponseSchema,
        [FHIR_MEDIA_TYPE]: diagnosticReportSchema,
        [PDF_MEDIA_TYPE]: 'binary',
      },
    },
    problems: ['all-images-failed', 'too-many-images', 'abstained'],
    work: true,
    async handle(c) {
      const { renderReport } = deps;
      const type = negotiate(c.req.header('Accept'), [
        'application/json',
        FHIR_MEDIA_TYPE,
        ...(renderReport ? [PDF_MEDIA_TYPE] : []),
      ]);
      const asked = resolveRequest(c, deps, querySchema, ({ tta }) => ({ tta }));
      const upload = await readUpload(c, deps);
      const stated = withBodyFields(c, deps, asked, upload.fields);
      const sentPhotos = upload.batch ? upload.images : [upload.image];
      if (sentPhotos.length > maxPhotos) {
        const detail = `${sentPhotos.length} photos came; a lesion may have ${maxPhotos}`;
        throw new ProblemError('too-many-images', detail);
      }
      const photos = await convertImages(c, deps, sentPhotos);
      const { query, engine, options } = withStatedPatient(stated, photos);
      const { model } = engine;
      const results = await analyseUpload(c, deps, engine, photos, {
        tta: query.tta,
        ...(type === FHIR_MEDIA_TYPE
          ? reportHeatmap(query, model, options)
          : type === PDF_MEDIA_TYPE
            ? { heatmap: pairedHeatmap(model, options) }
            : options.similar && { similar: options.similar }),
      });
      const topK = type === PDF_MEDIA_TYPE ? model.taxonomy.classes.length : query.top_k;
      const answer = answerAboutLesion(results, topK, model, options, c.var.requestId);
      if (type === FHIR_MEDIA_TYPE) {
        const read = results.filter((one): one is Analysis => !(one instanceof ProblemError));
        const images = answer.images.flatMap((image) => ('error' in image ? [] : [image]));
        return respondWithReport(c, { ...answer, images }, read, query, model, options);
      }
      const language = chooseLanguage(c, query.language);
      c.header('Cache-Control', 'no-store');
      if (type === PDF_MEDIA_TYPE) {
        const pdf = await renderReport!({
          ...{ answer, language, id: c.var.requestId },
          model: reportedModel(model),
          date: new Date(),
          photos: reportedPhotos(results),
        });
        return c.body(pdf, 200, { 'Content-Type': PDF_MEDIA_TYPE });
      }
      return c.json<LesionResponse>({
        id: c.var.requestId,
        model: modelReference(model),
        prior: options.prior,
        ...averagedViews(query.tta),
        ...translateLesion(answer, language, model.taxonomy),
        ...caveatsIn(language, model),
      });
    },
  };
}
