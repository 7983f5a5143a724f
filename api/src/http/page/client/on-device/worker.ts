import { DEFAULT_MAX_PIXELS } from '@naevus/shared/image/sharp-decode';
import { analyse } from '../../../../analysis/analyse.ts';
import { downloadBytes } from '../../../../analysis/browser-files.ts';
import type { Analysis, AnalysisOptions } from '../../../../analysis/engine.ts';
import { checkImage } from '../../../../answers/check-image.ts';
import { heatmapAnswer } from '../../../../answers/heatmap-answer.ts';
import { answerAboutLesion } from '../../../../answers/lesion-answer.ts';
import {
  answerAboutImage,
  answerFactors,
  averagedViews,
  modelReference,
} from '../../../../answers/prediction-answer.ts';
import { ProblemError } from '../../../../answers/problem-error.ts';
import { problemOfFailure } from '../../../../answers/problem-of-failure.ts';
import { resolveOptions } from '../../../../answers/resolve-options.ts';
import {
  caveatsIn,
  translateAnswer,
  translateLesion,
} from '../../../../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../../../../schemas/languages.ts';
import type { LesionResponse } from '../../../../schemas/lesion.ts';
import { PROBLEMS } from '../../../../schemas/problem.ts';
import { requestSchemas } from '../../../../schemas/request.ts';
import type {
  DeviceAnswer,
  DeviceMessage,
  HeatmapAnswer,
  PageModel,
  Progress,
  Query,
  Reply,
} from '../device-messages.ts';
import { keepCaseImages } from './keep-case-images.ts';
import { type Loaded, loadModel } from './load-model.ts';

// Runs in a worker of the page: asks this server for the model, and nobody for an answer.

const LIMITS = {
  maxBodyBytes: Number.POSITIVE_INFINITY,
  maxPixels: DEFAULT_MAX_PIXELS,
  maxBatch: 1,
  timeoutSeconds: Number.POSITIVE_INFINITY,
};

let loaded: Promise<Loaded> | undefined;

self.addEventListener('message', async ({ data }: MessageEvent<DeviceMessage>) => {
  self.postMessage(await reply(data));
});

async function reply(message: DeviceMessage): Promise<Reply> {
  const { id } = message;
  try {
    return { id, ok: true, answer: await answer(message) };
  } catch (error) {
    if (error instanceof ProblemError) {
      const { title, status } = PROBLEMS[error.kind];
      return { id, ok: false, title, detail: error.message, status };
    }
    const detail = error instanceof Error ? error.message : String(error);
    return { id, ok: false, title: 'This device gives no answer', detail };
  }
}

async function answer({ question, model, key }: DeviceMessage): Promise<DeviceAnswer> {
  loaded ??= load(model, key);
  let served: Loaded;
  try {
    served = await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
  if (question.kind === 'load') return undefined;
  if (question.kind === 'heatmap') return explain(question.photo, question.query, served);
  return scoreLesion(question.photos, question.query, served);
}

/** Images of cases come after the model: an answer does not wait for them, and stands without them. */
async function load(model: PageModel, key: string | undefined): Promise<Loaded> {
  const tell = (progress: Progress) => self.postMessage({ progress } satisfies Reply);
  const served = await loadModel(model, key, (progress) => {
    if (progress.loaded < progress.total) tell(progress);
  });
  const total = downloadBytes(served.model.manifest);
  // Only then is all there that an answer without a network shows.
  void keepCaseImages(served.model)
    .catch(() => {})
    .then(() => tell({ loaded: total, total }));
  return served;
}

async function explain(photo: Blob, sent: Query, served: Loaded): Promise<HeatmapAnswer> {
  const { model } = served;
  const { taxonomy } = model;
  const { gradcam, rules } = requestSchemas(taxonomy);
  const query = parse(gradcam, sent, rules);
  const options = resolveOptions(query, (name) => sent[name], model);
  const analysis = await analysePhoto(photo, served, {
    tta: query.tta,
    heatmap: {
      ...(query.class && { label: query.class }),
      method: query.method,
      ...((query.prior || options.patient) && { factors: answerFactors(model, options) }),
      alpha: query.alpha,
      overlay: 'thumbnail',
    },
    ...(options.similar && { similar: options.similar }),
  });
  const language = query.language ?? DEFAULT_LANGUAGE;
  const map = analysis.heatmap!;
  return {
    id: crypto.randomUUID(),
    model: modelReference(model),
    prior: options.prior,
    ...averagedViews(query.tta),
    ...translateAnswer(
      answerAboutImage(analysis, taxonomy.classes.length, model, options),
      language,
      taxonomy,
    ),
    class: map.label,
    heatmap: heatmapAnswer(map),
    ...caveatsIn(language, model),
  };
}

async function scoreLesion(
  photos: readonly Blob[],
  sent: Query,
  served: Loaded,
): Promise<LesionResponse> {
  const { model } = served;
  const { lesion, rules } = requestSchemas(model.taxonomy);
  const query = parse(lesion, sent, rules);
  const options = resolveOptions(query, (name) => sent[name], model);
  const results: (Analysis | ProblemError)[] = [];
  for (const photo of photos) {
    const wanted = { tta: query.tta, ...(options.similar && { similar: options.similar }) };
    results.push(await analysePhoto(photo, served, wanted).catch(problemOf));
  }
  const id = crypto.randomUUID();
  const language = query.language ?? DEFAULT_LANGUAGE;
  return {
    id,
    model: modelReference(model),
    prior: options.prior,
    ...averagedViews(query.tta),
    ...translateLesion(
      answerAboutLesion(results, query.top_k, model, options, id),
      language,
      model.taxonomy,
    ),
    ...caveatsIn(language, model),
  };
}

async function analysePhoto(
  photo: Blob,
  { backend }: Loaded,
  options: AnalysisOptions,
): Promise<Analysis> {
  const image = checkImage(new Uint8Array(await photo.arrayBuffer()), LIMITS);
  const outcome = await analyse(image, options, backend);
  if (outcome.ok) return outcome.analysis;
  const { failure } = outcome;
  if (failure.kind === 'crashed') throw new Error(failure.cause);
  throw problemOfFailure(failure);
}

/** A photo that cannot be read does not fail the others. */
function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}

/** @throws ProblemError `invalid-query` that says which value must be what */
function parse<T>(
  schema: {
    safeParse(
      value: unknown,
    ):
      | { success: true; data: T }
      | { success: false; error: { issues: readonly { path: PropertyKey[] }[] } };
  },
  sent: Query,
  rules: Readonly<Record<string, string>>,
): T {
  const parsed = schema.safeParse(sent);
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0]);
  throw new ProblemError('invalid-query', `${name} ${rules[name] ?? 'is not valid'}`);
}
