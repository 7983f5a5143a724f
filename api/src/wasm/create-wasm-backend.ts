import { createBase64Encoder } from '@naevus/shared/base64/base64-encoder';
import { createOverlay } from '@naevus/shared/heatmap/overlay-kernel';
import { createResampler } from '@naevus/shared/image/resampler';
import type { Manifest } from '@naevus/shared/model/manifest';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import type { AnalysisBackend } from '../analysis/analyse.ts';
import { loadFindCases } from '../analysis/find-cases.ts';
import { loadMeasureImage } from '../analysis/measure.ts';
import { createGraphClassifier, type GraphArtifact } from './graph-classifier.ts';
import { createWasmDecoder } from './image-decoder.ts';
import { encodePng } from './png-encoder.ts';

/** The three modules, compiled the way the runtime allows. */
export interface WasmModules {
  /** `codecs/decoder.wasm` */
  readonly codecs: WebAssembly.Module;
  /** `@naevus/shared/kernels.wasm` */
  readonly kernels: WebAssembly.Module;
  /** `network-fused.wasm` where the runtime takes it, else `network.wasm` */
  readonly network: WebAssembly.Module;
}

/**
 * Everything that turns a picture into an answer, in WebAssembly on the calling thread: at the edge
 * and in a browser. All of it is synchronous underneath, so that one picture at a time has its
 * pixels in memory, however many are asked about at once.
 *
 * @param maxDecoderBytes memory that decoding one picture may take
 * @throws ArtifactError when the model is not what its manifest says
 */
export async function createWasmBackend(
  artifact: GraphArtifact & {
    readonly manifest: Pick<
      Manifest,
      'calibration' | 'assessment' | 'preprocessing' | 'similarCases' | 'labels' | 'taxonomy'
    >;
  },
  modules: WasmModules,
  maxDecoderBytes: number,
): Promise<AnalysisBackend> {
  const { source, manifest, sha256 } = artifact;
  return {
    decode: createWasmDecoder(modules.codecs, maxDecoderBytes),
    resampler: createResampler(modules.kernels),
    classify: await createGraphClassifier(artifact, modules.network),
    overlay: createOverlay(modules.kernels),
    encodePng,
    encodeBase64: createBase64Encoder(modules.kernels),
    calibration: manifest.calibration,
    taxonomy: taxonomyOf(manifest),
    crop: manifest.preprocessing.crop,
    measure: await loadMeasureImage(source, manifest, modules.kernels, sha256),
    findCases: await loadFindCases(source, manifest, modules.kernels, sha256),
  };
}
