import { readFileSync } from 'node:fs';
import { createBase64Encoder } from '@naevus/shared/base64/base64-encoder';
import { createOverlay } from '@naevus/shared/heatmap/overlay-kernel';
import { createResampler } from '@naevus/shared/image/resampler';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import { type ArtifactSource, loadFile } from '@naevus/shared/model/verify';
import type { AnalysisBackend } from '../../../analysis/analyse.ts';
import { loadFindCases } from '../../../analysis/find-cases.ts';
import { loadMeasureImage } from '../../../analysis/measure.ts';
import type { Classifier } from '../../../analysis/ports.ts';
import { selfTest } from '../../../analysis/self-test.ts';
import { NoNativeModuleError } from './native-modules.ts';
import { createNodeDecoder, createOnlyWasmDecoder } from './node-decoder.ts';
import {
  createMappedClassifier,
  createOnnxClassifier,
  type OnnxClassifier,
  shareOptimisedGraph,
} from './onnx-classifier.ts';
import { encodePng } from './png-encoder.ts';
import type { SharedGraph } from './shared-graph.ts';
import { sharedSharp } from './shared-sharp.ts';
import type { LoadRequest, WorkerModel } from './worker-messages.ts';

/** Where the WebAssembly modules lie: beside the bundle, those that browsers are served among them. */
export interface WasmFiles {
  readonly codecs: URL;
  readonly kernels: URL;
  /** Both builds of the network's kernels. */
  readonly network: { readonly fused: URL; readonly plain: URL };
}

export interface NodeBackend extends AnalysisBackend {
  /** Can be released where onnxruntime computes it. */
  readonly classify: Classifier & Partial<OnnxClassifier>;
}

/**
 * What a worker analyses with: native code where that may be and can be, else WebAssembly.
 *
 * @param sharpState of `sharpState`, one for the process
 * @param onMissing called with the name of a native module that WebAssembly stands in for, as it has
 *   no build for this machine: before this returns, or when a picture first needs it
 * @throws ArtifactError when a file of the model is not what the manifest says
 * @throws NoNativeModuleError where only native code will do, and there is none
 */
export async function createNodeBackend(
  { model, maxPixels, engine, graph }: LoadRequest,
  wasm: WasmFiles,
  sharpState: SharedArrayBuffer,
  onMissing: (module: string) => void,
): Promise<NodeBackend> {
  const standIn = (error: unknown): void => {
    if (engine === 'native' || !(error instanceof NoNativeModuleError)) throw error;
    onMissing(error.module);
  };
  const source = folderSource(model.folder);
  const codecs = compiled(wasm.codecs);
  const kernels = compiled(wasm.kernels);
  const native =
    engine === 'wasm' ? undefined : await onnxClassifier(model, 1, graph).catch(standIn);
  const classify: NodeBackend['classify'] =
    native ?? (await graphClassifier(model, source, wasm.network));
  return {
    decode:
      engine === 'wasm'
        ? createOnlyWasmDecoder(codecs)
        : createNodeDecoder({
            codecs,
            sharp: sharedSharp(sharpState),
            maxPixels,
            onNoSharp: standIn,
          }),
    resampler: createResampler(kernels),
    classify,
    overlay: createOverlay(kernels),
    encodePng,
    encodeBase64: createBase64Encoder(kernels),
    calibration: model.calibration,
    taxonomy: model.taxonomy,
    crop: model.preprocessing.crop,
    measure: await loadMeasureImage(source, model, kernels, nodeSha256),
    findCases: await loadFindCases(source, model, kernels, nodeSha256),
  };
}

/**
 * The network in a session of `threads` threads.
 *
 * @param graph of {@link sharedGraphOf}, where it is to be mapped
 * @throws ArtifactError when the file is not what the manifest says
 * @throws NoNativeModuleError where onnxruntime has no build
 */
export async function onnxClassifier(
  model: WorkerModel,
  threads: number,
  graph?: SharedGraph,
): Promise<OnnxClassifier> {
  const { onnx } = model.engines;
  const classCount = model.labels.length;
  const classify = graph
    ? await createMappedClassifier(graph, onnx, threads, classCount)
    : await createOnnxClassifier(await onnxFile(model), onnx, threads, classCount);
  // The first run allocates and checks the outputs: ready means that the model has answered.
  await selfTest(classify);
  return classify;
}

/** @throws Error as `shareOptimisedGraph`; ArtifactError */
export async function sharedGraphOf(model: WorkerModel): Promise<SharedGraph> {
  return shareOptimisedGraph(await onnxFile(model), model.engines.onnx, model.labels.length);
}

function onnxFile(model: WorkerModel): Promise<Uint8Array> {
  return loadFile(folderSource(model.folder), model, model.engines.onnx.path, nodeSha256);
}

async function graphClassifier(
  model: WorkerModel,
  source: ArtifactSource,
  { fused, plain }: WasmFiles['network'],
): Promise<Classifier> {
  // Read only where it is needed.
  const { createGraphClassifier } = await import('../../../wasm/graph-classifier.ts');
  const artifact = { source, manifest: model, sha256: nodeSha256 };
  const kernels = WebAssembly.validate(readFileSync(fused)) ? fused : plain;
  return createGraphClassifier(artifact, compiled(kernels));
}

function compiled(file: URL): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(file));
}
