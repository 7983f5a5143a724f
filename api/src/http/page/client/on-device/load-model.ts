import { loadManifest } from '@naevus/shared/model/load-manifest';
import type { ArtifactSource } from '@naevus/shared/model/verify';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import type { AnalysisBackend } from '../../../../analysis/analyse.ts';
import { downloadBytes } from '../../../../analysis/browser-files.ts';
import type { ServedModel } from '../../../../analysis/engine.ts';
import { ProblemError } from '../../../../answers/problem-error.ts';
import { createWasmBackend } from '../../../../wasm/create-wasm-backend.ts';
import type { PageModel, Progress } from '../device-messages.ts';

/** A tab may take more memory than the edge. */
const MAX_DECODER_BYTES = 512 << 20;

export interface Loaded {
  readonly model: ServedModel;
  readonly backend: AnalysisBackend;
}

/**
 * Fetches the model that the page was served with, and starts it.
 *
 * @param model what the page was served with
 * @param key where the server wants one
 * @param onProgress told of the bytes that have come
 * @throws ProblemError `unauthorized` where the server wants a key, or another one
 * @throws Error where the server has another model by now, or it cannot be fetched
 */
export async function loadModel(
  model: PageModel,
  key: string | undefined,
  onProgress: (progress: Progress) => void,
): Promise<Loaded> {
  const folder = new URL(`../artifact/${model.version}/`, self.location.href);
  let loaded = 0;
  let total: number | undefined;
  const source: ArtifactSource = {
    read: (path) =>
      read(new URL(path, folder), key, (bytes) => {
        if (total === undefined) return;
        loaded = Math.min(total, loaded + bytes);
        onProgress({ loaded, total });
      }),
  };
  const { manifest, sha256 } = await loadManifest(source);
  if (sha256 !== model.sha256) {
    throw new Error('the model has changed since this page was loaded: load the page again');
  }
  total = downloadBytes(manifest);
  const [codecs, kernels, network] = await Promise.all([
    readModule('decoder.wasm'),
    readModule('kernels.wasm'),
    // Not every browser has relaxed SIMD.
    readModule('network-fused.wasm').catch(() => readModule('network.wasm')),
  ]);
  const modules = { codecs, kernels, network };
  const backend = await createWasmBackend({ source, manifest }, modules, MAX_DECODER_BYTES);
  const taxonomy = taxonomyOf(manifest);
  return { model: { manifest, taxonomy, sha256, files: source, card: async () => '' }, backend };
}

async function readModule(name: string): Promise<WebAssembly.Module> {
  const bytes = await read(new URL(name, self.location.href), undefined, () => {});
  if (bytes === undefined) throw new Error(`the server has no ${name}`);
  return WebAssembly.compile(bytes);
}

async function read(
  url: URL,
  key: string | undefined,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const response = await fetch(url, key ? { headers: { Authorization: `Bearer ${key}` } } : {});
  if (response.status === 404) return undefined;
  if (response.status === 401) {
    throw new ProblemError('unauthorized', 'this server gives its model to those with a key');
  }
  if (!response.ok) throw new Error(`the model could not be fetched (status ${response.status})`);
  const counted = response.body!.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        onBytes(chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
  return new Uint8Array(await new Response(counted).arrayBuffer());
}
