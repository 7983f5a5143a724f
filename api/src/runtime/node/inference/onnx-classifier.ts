import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Manifest } from '@naevus/shared/model/manifest';
import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import type { Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Classifier } from '../../../analysis/ports.ts';
import { forBlockedLayout } from './blocked-layout.ts';
import { loadOnnxRuntime } from './native-modules.ts';

const INPUT_SHAPE = [1, INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE];
const LOGITS_SHAPE = [1, CLASS_COUNT];
const CAM_SHAPE = [1, CLASS_COUNT, 7, 7];

/**
 * The network in onnxruntime. `run` computes on the calling thread, and on `threads - 1` of the session's
 * own, which spin during a run, and sleep after it: they would take the cores from other workers.
 *
 * @param model the bytes of `model.onnx`, already verified against their hash
 * @param threads 1 where as many images are computed at once as there are cores
 * @throws NoNativeModuleError where onnxruntime has no build
 * @throws Error when the graph cannot be loaded, or gives other outputs than the manifest says
 */
export async function createOnnxClassifier(
  model: Uint8Array,
  engine: Manifest['engines']['onnx'],
  threads: number,
): Promise<Classifier> {
  if (engine.input.layout !== 'NCHW') {
    throw new Error(`the input layout ${engine.input.layout} is not served; export it as NCHW`);
  }
  const { InferenceSession, Tensor } = loadOnnxRuntime();
  const graph = process.arch === 'x64' ? forBlockedLayout(model) : model;
  const session = await InferenceSession.create(graph, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Threads that sleep between operations wake too late to gain anything; after a run they do.
    extra: { session: { force_spinning_stop: '1' } },
  });
  const pixels = new Float32Array(INPUT_CHANNELS * INPUT_SIZE * INPUT_SIZE);
  const feeds = { [engine.input.name]: new Tensor('float32', pixels, INPUT_SHAPE) };
  const { logits: logitsName, cam: camName, features: featuresName } = engine.outputs;

  return async (rgb) => {
    fillPlanar(rgb, pixels);
    const results = await session.run(feeds);
    return {
      logits: floats(results[logitsName], logitsName, LOGITS_SHAPE),
      cam: floats(results[camName], camName, CAM_SHAPE),
      ...(featuresName !== undefined && {
        features: vector(results[featuresName], featuresName),
      }),
    };
  };
}

/** One image's vector, however long. */
function vector(tensor: OnnxTensor | undefined, name: string): Float32Array {
  return floats(tensor, name, [1, tensor?.dims.at(-1) ?? 0]);
}

function floats(
  tensor: OnnxTensor | undefined,
  name: string,
  shape: readonly number[],
): Float32Array {
  if (tensor?.data instanceof Float32Array && tensor.dims.join() === shape.join()) {
    return tensor.data;
  }
  const found = tensor === undefined ? 'nothing' : `${tensor.type} [${tensor.dims}]`;
  throw new Error(`the output "${name}" is ${found}, not float32 [${shape}]`);
}
