import { loadManifest } from '@naevus/shared/model/load-manifest';
import { type ArtifactSource, loadFile, webCryptoSha256 } from '@naevus/shared/model/verify';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import { type AnalysisBackend, analyseOrCrash } from '../../analysis/analyse.ts';
import {
  type AnalysisOptions,
  type Engine,
  EngineError,
  type EngineInput,
  type Outcome,
  type ServedModel,
} from '../../analysis/engine.ts';
import { createWasmBackend, type WasmModules } from '../../wasm/create-wasm-backend.ts';

export interface EdgeEngineOptions {
  /** Memory that decoding one image may take. */
  readonly maxDecoderBytes: number;
  /** Public keys, one of which must have signed the model. */
  readonly trustedKeys?: readonly string[];
}

/** The engine of one isolate: a model that has answered once, and the thread that all requests share. */
export class EdgeEngine implements Engine {
  readonly model: ServedModel;
  readonly state = 'ready';
  readonly #backend: AnalysisBackend;

  private constructor(model: ServedModel, backend: AnalysisBackend) {
    this.model = model;
    this.#backend = backend;
  }

  /**
   * @throws ArtifactError when the model is not what its manifest says
   */
  static async load(
    source: ArtifactSource,
    modules: WasmModules,
    { maxDecoderBytes, trustedKeys }: EdgeEngineOptions,
  ): Promise<EdgeEngine> {
    const demands = { ...(trustedKeys && { trustedKeys }) };
    const { manifest, sha256 } = await loadManifest(source, webCryptoSha256, demands);
    const backend = await createWasmBackend({ source, manifest }, modules, maxDecoderBytes);
    // Read now: a promise of one request must not be waited for by another.
    const card = new TextDecoder().decode(await loadFile(source, manifest, 'MODEL_CARD.md'));
    const taxonomy = taxonomyOf(manifest);
    const model = { manifest, taxonomy, sha256, card: async () => card, files: source };
    return new EdgeEngine(model, backend);
  }

  /** Never: the memory for bodies bounds what an isolate takes. */
  refuseWhenFull(): void {}

  /** An isolate has one engine for as long as it lives. */
  hold(): () => void {
    return () => {};
  }

  async analyse(
    images: readonly EngineInput[],
    options: AnalysisOptions,
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const image of images) {
      if (signal.aborted) throw new EngineError({ kind: 'timeout' });
      outcomes.push(await analyseOrCrash(image, options, this.#backend));
    }
    return outcomes;
  }
}
