import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { type AnalysisBackend, analyseOrCrash } from '../analysis/analyse.ts';
import {
  createNodeBackend,
  onnxClassifier,
  type WasmFiles,
} from '../runtime/node/inference/create-node-backend.ts';
import { freeMemory } from '../runtime/node/inference/free-memory.ts';
import { loadOnnxRuntime } from '../runtime/node/inference/native-modules.ts';
import type {
  FromWorker,
  ToWorker,
  WorkerModel,
  WorkerSetup,
} from '../runtime/node/inference/worker-messages.ts';

const port = parentPort!;
const { sharpState } = workerData as WorkerSetup;

const beside = (file: string): URL => new URL(`./page-files/${file}`, import.meta.url);
const WASM_FILES: WasmFiles = {
  codecs: beside('decoder.wasm'),
  kernels: beside('kernels.wasm'),
  network: { fused: beside('network-fused.wasm'), plain: beside('network.wasm') },
};

try {
  // Its libraries are read while the other thread still reads the program, and opens the model.
  loadOnnxRuntime();
} catch {
  // Reported where it is needed.
}

let backend: AnalysisBackend | undefined;
/** The same with a session of several threads, for an image that has the cores to itself. */
let wideBackend: AnalysisBackend | undefined;
let model: WorkerModel | undefined;

port.on('message', async (message: ToWorker) => {
  if (message.type === 'stop') {
    port.close();
    return;
  }
  if (message.type === 'load') {
    try {
      model = message.model;
      backend = await createNodeBackend(message, WASM_FILES, sharpState, (module) =>
        send({ type: 'missing', module }),
      );
      send({ type: 'loaded' });
    } catch (error) {
      send({ type: 'load-failed', reason: error instanceof Error ? error.message : String(error) });
    }
    return;
  }
  if (message.type === 'widen') {
    try {
      wideBackend = { ...backend!, classify: await onnxClassifier(model!, message.threads) };
      send({ type: 'widened' });
    } catch (error) {
      send({ type: 'widened', reason: error instanceof Error ? error.message : String(error) });
    }
    return;
  }
  const chosen = (message.wide && wideBackend) || backend!;
  const outcome = await analyseOrCrash(message.image, message.options, chosen);
  // It is this worker's alone, and some 20 images would pile up before V8 looks after them.
  freeMemory([message.image.bytes.buffer]);
  const overlay = outcome.ok ? outcome.analysis.heatmap?.overlay : undefined;
  send({ type: 'done', outcome }, overlay ? [overlay.buffer] : []);
});

function send(message: FromWorker, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}
