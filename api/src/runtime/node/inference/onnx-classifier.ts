import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Manifest } from '@naevus/shared/model/manifest';
import type { Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Classifier } from '../../../analysis/ports.ts';
import { forBlockedLayout } from './blocked-layout.ts';
import { loadOnnxRuntime } from './native-modules.ts';
import { shareRuns } from './share-runs.ts';

const INPUT_SHAPE = [INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE];
const INPUT_VALUES = INPUT_CHANNELS * INPUT_SIZE * INPUT_SIZE;

/**
 * Images of one run, at most. Two cost 6 to 9 % less CPU time each than one by itself, as weights are read once for
 * both, and four no less than two (AVX-512, 1 MB of second cache a core).
 */
const IMAGES_PER_RUN = 2;

/**
 * The network in onnxruntime. `run` computes on the calling thread, and on `threads - 1` of the session's
 * own, which spin during a run, and sleep after it: they would take the cores from other workers. Images that
 * are asked for in one turn share runs.
 *
 * @param model the bytes of `model.onnx`, already verified against their hash
 * @param threads 1 where as many images are computed at once as there are cores
 * @param classCount of the version's taxonomy
 * @throws NoNativeModuleError where onnxruntime has no build
 * @throws Error when the graph cannot be loaded, or gives other outputs than the manifest says
 */
export async function createOnnxClassifier(
  model: Uint8Array,
  engine: Manifest['engines']['onnx'],
  threads: number,
  classCount: number,
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
  const pixels = new Float32Array(IMAGES_PER_RUN * INPUT_VALUES);
  const feeds = Array.from({ length: IMAGES_PER_RUN }, (_, i) => {
    const values = pixels.subarray(0, (i + 1) * INPUT_VALUES);
    return { [engine.input.name]: new Tensor('float32', values, [i + 1, ...INPUT_SHAPE]) };
  });
  const { logits: logitsName, cam: camName, features: featuresName } = engine.outputs;

  return shareRuns(async (images) => {
    for (const [i, rgb] of images.entries()) fillPlanar(rgb, pixels, i * INPUT_VALUES);
    const results = await session.run(feeds[images.length - 1]!);
    const of = (name: string, shape?: readonly number[]) =>
      eachImages(results[name], name, images.length, shape);
    const [logits, cam] = [of(logitsName, [classCount]), of(camName, [classCount, 7, 7])];
    const features = featuresName === undefined ? undefined : of(featuresName);
    return images.map((_, i) => ({
      logits: logits[i]!,
      cam: cam[i]!,
      ...(features && { features: features[i]! }),
    }));
  }, IMAGES_PER_RUN);
}

/** @param shape of each image's values; by default a vector, however long */
function eachImages(
  tensor: OnnxTensor | undefined,
  name: string,
  images: number,
  shape: readonly number[] = [tensor?.dims.at(-1) ?? 0],
): Float32Array[] {
  const { data } = tensor ?? {};
  if (data instanceof Float32Array && tensor!.dims.join() === [images, ...shape].join()) {
    if (images === 1) return [data];
    const length = data.length / images;
    // Of its own: a view would go to another thread with the values of all.
    return Array.from({ length: images }, (_, i) => data.slice(i * length, (i + 1) * length));
  }
  const found = tensor === undefined ? 'nothing' : `${tensor.type} [${tensor.dims}]`;
  throw new Error(`the output "${name}" is ${found}, not float32 [${[images, ...shape]}]`);
}
