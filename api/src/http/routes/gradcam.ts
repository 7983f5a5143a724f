import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { HeatmapOptions } from '../../analysis/engine.ts';
import { heatmapAnswer } from '../../answers/heatmap-answer.ts';
import {
  answerAboutImage,
  answerFactors,
  averagedViews,
  modelReference,
} from '../../answers/prediction-answer.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import { caveatsIn, translateAnswer } from '../../language/translate-answer.ts';
import { type GradcamResponse, gradcamResponseSchema } from '../../schemas/gradcam.ts';
import type { RequestSchemas } from '../../schemas/request.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { analyseUpload, convertImages } from '../request/analyse-upload.ts';
import { chooseLanguage, negotiate } from '../request/negotiate.ts';
import { resolveRequest, withBodyFields, withStatedPatient } from '../request/resolve-request.ts';
import { readUpload } from '../request/upload.ts';

const querySchema = ({ gradcam }: RequestSchemas) => gradcam;

/** `POST /gradcam`: where in the image the evidence for a class lies. */
export function gradcamRoute(deps: AppDependencies): Route {
  return {
    method: 'POST',
    path: '/gradcam',
    summary: 'The heat map of one class over one image',
    description:
      'As PNG: the image at its own aspect, up to 1024 pixels on its long side, with the heat map over it. ' +
      'As JSON: the grid of 7 x 7 (14 x 14 by `dense-grad-cam`), a smaller overlay and the prediction.',
    query: querySchema,
    takes: 'image',
    answer: {
      description: 'The overlay, or the grid with a small overlay and the prediction.',
      content: { 'image/png': 'binary', 'application/json': gradcamResponseSchema },
      headers: {
        'X-Model-Version': 'Version of the model. With a PNG.',
        'X-Predicted-Class': 'Label with the highest score. With a PNG.',
        'X-Heatmap-Class': 'Label that the heat map explains. With a PNG.',
        'X-Heatmap-Method': 'What the heat map was made by. With a PNG.',
        'X-Heatmap-Share': 'How much of the map speaks for the class, 0 to 1. With a PNG.',
        'X-Tta': 'Views that were averaged over, where more than one was asked for. With a PNG.',
        'X-Triage': "The assessment's word, where the version has one. With a PNG.",
        'X-Abstained': 'true where the scores of the image should not be used. With a PNG.',
        'X-Disclaimer': 'What the answer is not good for. With a PNG.',
      },
    },
    problems: ['too-many-images', 'abstained'],
    work: true,
    async handle(c) {
      const type = negotiate(c.req.header('Accept'), ['image/png', 'application/json']);
      const asked = resolveRequest(c, deps, querySchema, ({ tta, method }) => ({
        tta,
        heatmap: { method },
      }));
      const upload = await readUpload(c, deps);
      if (upload.batch) {
        const detail = `one image at a time is explained; ${upload.images.length} came as a batch`;
        throw new ProblemError('too-many-images', detail);
      }
      const stated = withBodyFields(c, deps, asked, upload.fields);
      const photos = await convertImages(c, deps, [upload.image]);
      const { query, engine, options } = withStatedPatient(stated, photos);
      const heatmap: HeatmapOptions = {
        ...(query.class && { label: query.class }),
        method: query.method,
        ...((query.prior || options.patient) && {
          factors: answerFactors(engine.model, options),
        }),
        alpha: query.alpha,
        ...(type === 'image/png'
          ? { overlay: 'image', legend: query.legend }
          : { overlay: 'thumbnail' }),
      };
      const [analysis] = await analyseUpload(c, deps, engine, photos, {
        tta: query.tta,
        heatmap,
        ...(options.similar && { similar: options.similar }),
      });
      if (analysis instanceof ProblemError) throw analysis;
      const { label, share, method, overlay } = analysis!.heatmap!;
      const language = chooseLanguage(c, query.language);
      const { taxonomy } = engine.model;
      const answer = translateAnswer(
        answerAboutImage(analysis!, taxonomy.classes.length, engine.model, options),
        language,
        taxonomy,
      );
      const model = modelReference(engine.model);

      c.header('Cache-Control', 'no-store');
      if (type === 'image/png') {
        deps.freeOnceSent?.(c, [overlay.buffer]);
        return c.body(overlay, 200, {
          'Content-Type': 'image/png',
          'X-Model-Version': model.version,
          'X-Predicted-Class': answer.predictions[0]!.label,
          'X-Heatmap-Class': label,
          'X-Heatmap-Method': method,
          'X-Heatmap-Share': share.toFixed(3),
          ...(query.tta > 1 && { 'X-Tta': String(query.tta) }),
          ...(answer.assessment && {
            ...(answer.assessment.triage !== null && { 'X-Triage': answer.assessment.triage }),
            'X-Abstained': String(answer.assessment.abstained),
          }),
          'X-Disclaimer': DISCLAIMER,
        });
      }
      const members: Omit<GradcamResponse, 'overlay'> = {
        id: c.var.requestId,
        model,
        prior: options.prior,
        ...averagedViews(query.tta),
        ...answer,
        class: label,
        heatmap: heatmapAnswer(analysis!.heatmap!),
        ...caveatsIn(language, engine.model),
      };
      const body = withOverlay(members, overlay);
      deps.freeOnceSent?.(c, [body.buffer, overlay.buffer]);
      return c.body(body, 200, { 'Content-Type': 'application/json' });
    },
  };
}

/**
 * The answer's JSON. Base64 needs no escapes and is ASCII: put in as bytes, it costs a fifth of what
 * `JSON.stringify` and the text's encoding would.
 */
function withOverlay(
  members: Omit<GradcamResponse, 'overlay'>,
  base64: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const before = `${JSON.stringify(members).slice(0, -1)},"overlay":"data:image/png;base64,`;
  const backend = [text.encode(before), base64, text.encode('"}')];
  const bytes = new Uint8Array(backend.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of backend) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
