import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { DEFAULT_MAX_PIXELS } from '@naevus/shared/image/sharp-decode';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import type { ArtifactSource } from '@naevus/shared/model/verify';
import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import { type AnalysisBackend, analyse } from '../../../../analysis/analyse.ts';
import type { ServedModel } from '../../../../analysis/engine.ts';
import { checkImage } from '../../../../answers/check-image.ts';
import { heatmapAnswer } from '../../../../answers/heatmap-answer.ts';
import { answerAboutImage, modelReference } from '../../../../answers/prediction-answer.ts';
import { ProblemError } from '../../../../answers/problem-error.ts';
import { resolveOptions } from '../../../../answers/resolve-options.ts';
import { LIMITS as LIMITS_OF_USE } from '../../../../language/limits.ts';
import { PROBLEMS } from '../../../../schemas/problem.ts';
import { gradcamQuerySchema } from '../../../../schemas/request.ts';
import { createWasmBackend } from '../../../../wasm/create-wasm-backend.ts';
import type { Question, Reply, ShownAnswer } from '../device-messages.ts';

// Runs in a worker of the page: asks this server for the model, and nobody for an answer.

/** A tab may take more memory than the edge. */
const MAX_DECODER_BYTES = 512 << 20;

const LIMITS = {
  maxBodyBytes: Number.POSITIVE_INFINITY,
  maxPixels: DEFAULT_MAX_PIXELS,
  maxBatch: 1,
  timeoutSeconds: Number.POSITIVE_INFINITY,
};

interface Loaded {
  readonly model: ServedModel;
  readonly backend: AnalysisBackend;
}

let loaded: Promise<Loaded> | undefined;

self.addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  self.postMessage(await reply(data));
});

async function reply(question: Question): Promise<Reply> {
  const { id } = question;
  try {
    return { id, ok: true, answer: await answer(question) };
  } catch (error) {
    if (error instanceof ProblemError) {
      return { id, ok: false, title: PROBLEMS[error.kind].title, detail: error.message };
    }
    const detail = error instanceof Error ? error.message : String(error);
    return { id, ok: false, title: 'This device gives no answer', detail };
  }
}

async function answer({
  image: file,
  label,
  method,
  similar,
  model,
  key,
}: Question): Promise<ShownAnswer> {
  loaded ??= load(model, key);
  let served: Loaded;
  try {
    served = await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
  const image = checkImage(new Uint8Array(await file.arrayBuffer()), LIMITS);
  const heatmap = { ...(label && { label }), method, alpha: 0.5, overlay: 'thumbnail' } as const;
  const options = resolveOptions(
    { ...gradcamQuerySchema.parse({}), ...(similar && { similar }) },
    () => undefined,
    served.model,
  );
  const outcome = await analyse(
    image,
    { heatmap, ...(options.similar && { similar: options.similar }) },
    served.backend,
  );
  if (!outcome.ok) {
    const { failure } = outcome;
    const detail = failure.kind === 'crashed' ? failure.cause : failure.detail;
    throw new ProblemError('damaged-image', detail);
  }
  const heatmapOf = outcome.analysis.heatmap!;
  return {
    id: crypto.randomUUID(),
    model: modelReference(served.model),
    prior: options.prior,
    ...answerAboutImage(outcome.analysis, CLASS_COUNT, served.model, options),
    class: heatmapOf.label,
    heatmap: heatmapAnswer(heatmapOf),
    limits: LIMITS_OF_USE,
    disclaimer: DISCLAIMER,
  };
}

async function load(model: Question['model'], key?: string): Promise<Loaded> {
  const folder = new URL(`../artifact/${model.version}/`, self.location.href);
  const source: ArtifactSource = {
    read: (path) => read(new URL(path, folder), key),
  };
  const { manifest, sha256 } = await loadManifest(source);
  if (sha256 !== model.sha256) {
    throw new Error('the model has changed since this page was loaded: load the page again');
  }
  const [codecs, kernels, network] = await Promise.all([
    readModule('decoder.wasm'),
    readModule('kernels.wasm'),
    // Not every browser has relaxed SIMD.
    readModule('network-fused.wasm').catch(() => readModule('network.wasm')),
  ]);
  const modules = { codecs, kernels, network };
  const backend = await createWasmBackend({ source, manifest }, modules, MAX_DECODER_BYTES);
  return { model: { manifest, sha256, files: source, card: async () => '' }, backend };
}

async function readModule(name: string): Promise<WebAssembly.Module> {
  const bytes = await read(new URL(name, self.location.href));
  if (bytes === undefined) throw new Error(`the server has no ${name}`);
  return WebAssembly.compile(bytes);
}

async function read(url: URL, key?: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const response = await fetch(url, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the model could not be fetched (status ${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}
