import { readFileSync } from 'node:fs';
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { loadFile } from '@naevus/shared/artifact/verify';
import { loadFeatureSubspace } from '@naevus/shared/distribution/feature-subspace';
import { createResampler } from '@naevus/shared/preprocessing/resampler';
import {
  blockOtherLoaders,
  decodeWithSharp,
  type SharpModule,
} from '@naevus/shared/preprocessing/sharp-decode';
import { type AnalysisParts, analyseOrCrash } from './engine/analyse.ts';
import { selfTest } from './engine/self-test.ts';
import { folderSource, nodeSha256 } from './node/folder-source.ts';
import { sharp } from './node/native-modules.ts';
import { createOnnxClassifier } from './node/onnx-classifier.ts';
import { encodePng } from './node/png-encoder.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './node/worker-messages.ts';

const port = parentPort!;
const decoder = sharp as unknown as SharpModule;

// libvips has one state for all threads: to block its loaders again, for however short a time,
// would fail what other workers are decoding.
if ((workerData as WorkerSetup).firstOfProcess) {
  sharp.concurrency(1);
  sharp.cache(false);
  blockOtherLoaders(decoder);
}

let parts: AnalysisParts | undefined;

port.on('message', async (message: ToWorker) => {
  if (message.type === 'stop') {
    port.close();
    return;
  }
  if (message.type === 'load') {
    try {
      parts = await load(message);
      send({ type: 'loaded' });
    } catch (error) {
      send({ type: 'load-failed', reason: error instanceof Error ? error.message : String(error) });
    }
    return;
  }
  const outcome = await analyseOrCrash(message.picture, message.wish, parts!);
  const overlay = outcome.ok ? outcome.analysis.heatmap?.overlay : undefined;
  send({ type: 'done', outcome }, overlay ? [overlay.buffer] : []);
});

async function load({
  model,
  maxPixels,
}: Extract<ToWorker, { type: 'load' }>): Promise<AnalysisParts> {
  const resamplerUrl = new URL('./resampler.wasm', import.meta.url);
  const resampler = createResampler(new WebAssembly.Module(readFileSync(resamplerUrl)));
  const source = folderSource(model.folder);
  const bytes = await loadFile(source, model, model.engine.path, nodeSha256);
  const classify = await createOnnxClassifier(bytes, model.engine);
  // The first run allocates and checks the outputs: ready means that the model has answered.
  await selfTest(classify);
  return {
    decode: (file, header) => decodeWithSharp(decoder, file, { header, maxPixels }),
    resampler,
    classify,
    encodePng,
    calibration: model.calibration,
    subspace: await loadFeatureSubspace(source, model, nodeSha256),
  };
}

function send(message: FromWorker, transfer: Transferable[] = []): void {
  port.postMessage(message, transfer);
}
