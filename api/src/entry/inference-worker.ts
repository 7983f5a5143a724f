import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { type AnalysisBackend, analyseOrCrash } from '../analysis/analyse.ts';
import type { Outcome } from '../analysis/engine.ts';
import {
  createNodeBackend,
  type NodeBackend,
  onnxClassifier,
  sharedGraphOf,
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

type Message<Type extends ToWorker['type']> = Extract<ToWorker, { type: Type }>;
type LoadedGraph = Omit<Extract<FromWorker, { type: 'loaded' }>, 'type'>;

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

let backend: NodeBackend | undefined;
/** The same with a session of several threads, for an image that has the cores to itself. */
let wideBackend: AnalysisBackend | undefined;
let model: WorkerModel | undefined;
/** Whether the session maps a graph that it shares with others. */
let mapped = false;
/** The image that is analysed. */
let analysing: Promise<Outcome> | undefined;

port.on('message', async (message: ToWorker) => {
  if (message.type === 'stop') {
    port.close();
    return;
  }
  if (message.type === 'load') {
    try {
      send({ type: 'loaded', ...(await load(message)) });
    } catch (error) {
      send({ type: 'load-failed', reason: reasonOf(error) });
    }
    return;
  }
  if (message.type === 'widen') {
    try {
      await widen(message);
      send({ type: 'widened' });
    } catch (error) {
      send({ type: 'widened', reason: reasonOf(error) });
    }
    return;
  }
  const chosen = (message.wide && wideBackend) || backend!;
  analysing = analyseOrCrash(message.image, message.options, chosen);
  const outcome = await analysing;
  // It is this worker's alone, and some 20 images would pile up before V8 looks after them.
  freeMemory([message.image.bytes.buffer]);
  const overlay = outcome.ok ? outcome.analysis.heatmap?.overlay : undefined;
  send({ type: 'done', outcome }, overlay ? [overlay.buffer] : []);
});

async function load({ share, ...request }: Message<'load'>): Promise<LoadedGraph> {
  model = request.model;
  let { graph } = request;
  let notShared: string | undefined;
  if (share) {
    try {
      graph = await sharedGraphOf(model);
    } catch (error) {
      notShared = reasonOf(error);
    }
  }
  backend = await createNodeBackend(
    { ...request, ...(graph && { graph }) },
    WASM_FILES,
    sharpState,
    (module) => send({ type: 'missing', module }),
  );
  mapped = graph !== undefined;
  return { ...(share && graph && { graph }), ...(notShared !== undefined && { notShared }) };
}

async function widen({ threads, graph }: Message<'widen'>): Promise<void> {
  const before = backend!;
  const wide = await onnxClassifier(model!, threads, graph);
  if (graph && !mapped) {
    backend = { ...before, classify: await onnxClassifier(model!, 1, graph) };
    mapped = true;
  }
  wideBackend = { ...backend!, classify: wide };
  if (backend === before) return;
  // An image that came before may still be decoded, for the session that is replaced.
  await analysing;
  await before.classify.release?.();
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function send(message: FromWorker, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}
