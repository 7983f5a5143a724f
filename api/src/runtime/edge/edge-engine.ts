import { loadManifest } from '@naevus/shared/model/load-manifest';
import { type ArtifactSource, loadFile, webCryptoSha256 } from '@naevus/shared/model/verify';
import { type AnalysisParts, analyseOrCrash } from '../../analysis/analyse.ts';
import {
  type AnalysisWish,
  type Engine,
  EngineError,
  type Outcome,
  type Picture,
  type ServedModel,
} from '../../analysis/engine.ts';
import { loadWasmParts, type WasmModules } from '../../wasm/create-wasm-backend.ts';

export interface EdgeEngineOptions {
  /** Memory that decoding one picture may take. */
  readonly maxDecoderBytes: number;
  /** Whether the bodies that have come fill the memory there is for them. */
  readonly full: () => boolean;
  /** Public keys, one of which must have signed the model. */
  readonly trustedKeys?: readonly string[];
}

/** The engine of one isolate: a model that has answered once, and the thread that all requests share. */
export class EdgeEngine implements Engine {
  readonly model: ServedModel;
  readonly state = 'ready';
  readonly #parts: AnalysisParts;
  readonly #full: () => boolean;

  private constructor(model: ServedModel, parts: AnalysisParts, full: () => boolean) {
    this.model = model;
    this.#parts = parts;
    this.#full = full;
  }

  /**
   * @throws ArtifactError when the model is not what its manifest says
   */
  static async load(
    source: ArtifactSource,
    modules: WasmModules,
    { maxDecoderBytes, full, trustedKeys }: EdgeEngineOptions,
  ): Promise<EdgeEngine> {
    const demands = { ...(trustedKeys && { trustedKeys }) };
    const { manifest, sha256 } = await loadManifest(source, webCryptoSha256, demands);
    const parts = await loadWasmParts({ source, manifest }, modules, maxDecoderBytes);
    // Read now: a promise of one request must not be waited for by another.
    const card = new TextDecoder().decode(await loadFile(source, manifest, 'MODEL_CARD.md'));
    return new EdgeEngine({ manifest, sha256, card: async () => card, files: source }, parts, full);
  }

  refuseWhenFull(): void {
    if (this.#full()) throw new EngineError({ kind: 'busy', retryAfterSeconds: 1 });
  }

  async analyse(
    pictures: readonly Picture[],
    wish: AnalysisWish,
    signal: AbortSignal,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const picture of pictures) {
      if (signal.aborted) throw new EngineError({ kind: 'timeout' });
      outcomes.push(await analyseOrCrash(picture, wish, this.#parts));
    }
    return outcomes;
  }
}
