import { workerData } from 'node:worker_threads';
import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { GRAPH_INPUT } from '../../convert/inference-graph.ts';
import { answerRequests } from '../../threads/answer-requests.ts';
import type { NetworkRequest, NetworkWorkerSetup } from './network-workers.ts';

const { model } = workerData as NetworkWorkerSetup;
const { InferenceSession, Tensor } = loadOnnxRuntime();
const session = await InferenceSession.create(model, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});

answerRequests<NetworkRequest, readonly Float32Array[]>(
  async ({ rgb, outputs }) => {
    const planar = new Float32Array(3 * INPUT_SIZE * INPUT_SIZE);
    fillPlanar(rgb, planar);
    const image = new Tensor('float32', planar, [1, 3, INPUT_SIZE, INPUT_SIZE]);
    const results = await session.run({ [GRAPH_INPUT]: image }, outputs);
    return { reply: outputs.map((name) => (results[name]!.data as Float32Array).slice()) };
  },
  () => session.release(),
);
