import type { Manifest } from '@naevus/shared/artifact/manifest';
import { type ArtifactSource, loadFile, type Sha256 } from '@naevus/shared/artifact/verify';
import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/preprocessing/preprocessing-spec';
import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import createEmscriptenModule, {
  type BackendWasmModule,
} from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';
import { type GraphModel, loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import type { Classifier } from '../engine/engine-parts.ts';
import { selfTest } from '../engine/self-test.ts';

const INPUT_SHAPE = [1, INPUT_SIZE, INPUT_SIZE, INPUT_CHANNELS];
const LOGITS_SHAPE = [1, CLASS_COUNT];
const CAM_SHAPE = [1, CLASS_COUNT, 7, 7];

/** What is read of `tfjs/model.json`; the rest is tfjs's own. */
interface GraphModelJson {
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: readonly tf.io.WeightsManifestEntry[];
  }[];
}

/** The files of an artifact that the classifier loads. */
export interface TfjsArtifact {
  readonly source: ArtifactSource;
  readonly manifest: Pick<Manifest, 'files'> & { engines: Pick<Manifest['engines'], 'tfjs'> };
  readonly sha256?: Sha256;
}

/**
 * The network in TensorFlow.js's WebAssembly backend, on the calling thread: wherever onnxruntime
 * is not, that is at the edge, in a browser, and on Node where onnxruntime has no build.
 *
 * @param wasm `tfjs-backend-wasm-simd.wasm`, compiled the way the runtime allows
 * @throws ArtifactError when a file of the graph model is not what the manifest says
 * @throws Error when the graph gives other outputs than the manifest says
 */
export async function createTfjsClassifier(
  { source, manifest, sha256 }: TfjsArtifact,
  wasm: WebAssembly.Module,
): Promise<Classifier> {
  const engine = manifest.engines.tfjs;
  if (engine.input.layout !== 'NHWC') {
    throw new Error(`the input layout ${engine.input.layout} is not served; export it as NHWC`);
  }
  await startBackend(wasm);
  const model = await loadModel({ source, manifest, ...(sha256 && { sha256 }) });
  const { logits: logitsName, cam: camName, features: featuresName } = engine.outputs;
  const outputNames = [logitsName, camName, ...(featuresName === undefined ? [] : [featuresName])];

  const classify: Classifier = async (rgb) =>
    tf.tidy(() => {
      const image = tf.tensor(Float32Array.from(rgb), INPUT_SHAPE, 'float32');
      const [logits, cam, features] = model.execute(
        { [engine.input.name]: image },
        outputNames,
      ) as [tf.Tensor, tf.Tensor, tf.Tensor?];
      return {
        logits: floats(logits, logitsName, LOGITS_SHAPE),
        cam: floats(cam, camName, CAM_SHAPE),
        ...(features && { features: floats(features, 'features', [1, features.size]) }),
      };
    });
  // The first run allocates and checks the outputs: what is returned has answered once.
  await selfTest(classify);
  return classify;
}

function floats(tensor: tf.Tensor, name: string, shape: readonly number[]): Float32Array {
  if (tensor.dtype === 'float32' && tensor.shape.join() === shape.join()) {
    // A copy: what dataSync gives lies in memory that the next image is computed in.
    return (tensor.dataSync() as Float32Array).slice();
  }
  throw new Error(`the output "${name}" is ${tensor.dtype} [${tensor.shape}], not [${shape}]`);
}

/** Shards are read one after another: some runtimes allow only a few requests at once. */
async function loadModel({
  source,
  manifest,
  sha256,
}: TfjsArtifact): Promise<GraphModel<tf.io.IOHandlerSync>> {
  const { path } = manifest.engines.tfjs;
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const json = new TextDecoder().decode(await loadFile(source, manifest, path, sha256));
  const { weightsManifest, ...graph } = JSON.parse(json) as GraphModelJson;
  const weightData: ArrayBuffer[] = [];
  for (const name of weightsManifest.flatMap((group) => group.paths)) {
    weightData.push((await loadFile(source, manifest, folder + name, sha256)).buffer);
  }
  return loadGraphModelSync({
    ...graph,
    weightSpecs: weightsManifest.flatMap((group) => [...group.weights]),
    weightData,
  } as tf.io.ModelArtifacts);
}

/** What Emscripten's glue gives to call exports with, as far as it is used. */
interface Emscripten {
  cwrap(name: string, returns: 'number' | null, takes: readonly 'number'[]): unknown;
}

let backend: Promise<void> | undefined;

/** One backend for the whole thread, whatever is loaded on it. */
function startBackend(wasm: WebAssembly.Module): Promise<void> {
  backend ??= startBackendOnce(wasm);
  return backend;
}

/**
 * tfjs's own start fetches the module and takes the runtime for Node or a browser; here the
 * Emscripten module is made by hand and wrapped as `init` of tfjs-backend-wasm does.
 */
async function startBackendOnce(wasm: WebAssembly.Module): Promise<void> {
  if (tf.env().platform === undefined) tf.env().setPlatform('naevus', PLATFORM);
  const module = await createEmscriptenModule({
    instantiateWasm(
      imports: Record<string, never>,
      done: (instance: WebAssembly.Instance) => void,
    ) {
      const instance = new WebAssembly.Instance(wasm, imports);
      done(instance);
      return instance.exports;
    },
  });
  const { cwrap } = module as unknown as Emscripten;
  module.tfjs = {
    init: cwrap('init', null, []),
    initWithThreadsCount: cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: cwrap('get_threads_count', 'number', []),
    registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: cwrap('dispose_data', null, ['number']),
    dispose: cwrap('dispose', null, []),
  } as BackendWasmModule['tfjs'];
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => new BackendWasm(module));
  await tf.setBackend('wasm');
}

/** What tfjs asks of a runtime that it does not know. */
const PLATFORM: Parameters<ReturnType<typeof tf.env>['setPlatform']>[1] = {
  fetch: () => Promise.reject(new Error('nothing is fetched by tfjs itself')),
  now: () => performance.now(),
  encode: (text: string) => new TextEncoder().encode(text),
  decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  setTimeoutCustom: (callback: () => void, delay: number) => setTimeout(callback, delay),
  isTypedArray: (value: unknown): value is Uint8Array =>
    value instanceof Float32Array ||
    value instanceof Int32Array ||
    value instanceof Uint8Array ||
    value instanceof Uint8ClampedArray,
} as never;
