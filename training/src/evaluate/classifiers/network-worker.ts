import { parentPort, workerData } from 'node:worker_threads';
import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { GRAPH_INPUT } from '../../convert/inference-graph.ts';
import type { FromNetworkWorker, NetworkWorkerSetup, ToNetworkWorker } from './network-workers.ts';

const port = parentPort!;
const { model } = workerData as NetworkWorkerSetup;
const { InferenceSession, Tensor } = loadOnnxRuntime();
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});

port.on('message', async (message: ToNetworkWorker) => {
  if (message === 'stop') {
    await session.release();
    port.close();
    return;
  }
  const { rgb, outputs } = message;
  try {
    const planar = new Float32Array(3 * INPUT_SIZE * INPUT_SIZE);
    fillPlanar(rgb, planar);
    const image = new Tensor('float32', planar, [1, 3, INPUT_SIZE, INPUT_SIZE]);
    const results = await session.run({ [GRAPH_INPUT]: image }, outputs);
    send({ values: outputs.map((name) => (results[name]!.data as Float32Array).slice()) });
  } catch (error) {
    send({ reason: error instanceof Error ? error.message : String(error) });
  }
});
send('ready');

function send(message: FromNetworkWorker): void {
  port.postMessage(message);
}
