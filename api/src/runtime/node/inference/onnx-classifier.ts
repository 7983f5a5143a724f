import { isDeepStrictEqual } from 'node:util';
import { fillPlanar } from '@naevus/shared/image/planar';
import { INPUT_CHANNELS, INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import type { Manifest } from '@naevus/shared/model/manifest';
import type { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Classifier } from '../../../analysis/ports.ts';
import { forBlockedLayout } from './blocked-layout.ts';
import { loadOnnxRuntime } from './native-modules.ts';
import { shareRuns } from './share-runs.ts';
import { openSharedGraph, type SharedGraph, writeSharedGraph } from './shared-graph.ts';

const INPUT_SHAPE = [INPUT_CHANNELS, INPUT_SIZE, INPUT_SIZE];
const INPUT_VALUES = INPUT_CHANNELS * INPUT_SIZE * INPUT_SIZE;

/**
 * Images of one run, at most. Two cost 6 to 9 % less CPU time each than one by itself, as weights are read once for
 * both, and four no less than two (AVX-512, 1 MB of second cache a core).
 */
const IMAGES_PER_RUN = 2;

/** The network in a session of onnxruntime. */
export interface OnnxClassifier extends Classifier {
  /** Frees the session's memory; the classifier may not be called again, nor while it computes. */
  release(): Promise<void>;
}

type EngineSpec = Manifest['engines']['onnx'];

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
  engine: EngineSpec,
  threads: number,
  classCount: number,
): Promise<OnnxClassifier> {
  return classifierOf(await createSession(forThisCpu(model), threads), engine, classCount);
}

/**
 * Has onnxruntime write the graph that it has optimised to a file, for {@link createMappedClassifier}. A session that
 * maps it costs a tenth of the time, has no weights of its own, and gives the same bits.
 *
 * @throws Error where the file cannot be written, or a session that maps it gives other values
 */
export async function shareOptimisedGraph(
  model: Uint8Array,
  engine: EngineSpec,
  classCount: number,
): Promise<SharedGraph> {
  const written: InferenceSession[] = [];
  const graph = await writeSharedGraph(async (path) => {
    const session = await createSession(forThisCpu(model), 1, {
      optimizedModelFilePath: path,
      extra: { session: { ...SESSION_EXTRA, save_model_format: 'ORT' } },
      // It warns that the file is of use on this machine alone.
      logSeverityLevel: 3,
    });
    written.push(session);
  });
  const original = classifierOf(written[0]!, engine, classCount);
  const mapped = await createMappedClassifier(graph, engine, 1, classCount);
  try {
    await checkSameValues(original, mapped);
  } finally {
    await Promise.all([original.release(), mapped.release()]);
  }
  return graph;
}

/** Of a picture whose every value differs from its neighbours', and two of which share a run. */
async function checkSameValues(one: Classifier, other: Classifier): Promise<void> {
  const picture = Uint8Array.from({ length: INPUT_VALUES }, (_, i) => (i * 2_654_435_761) >>> 24);
  const pictures = [picture, picture.toReversed()];
  const outputs = await Promise.all([one, other].map((run) => Promise.all(pictures.map(run))));
  if (!isDeepStrictEqual(outputs[0], outputs[1])) {
    throw new Error('a session of the optimised graph gives other values');
  }
}

/**
 * @param graph of {@link shareOptimisedGraph} in this process
 * @throws Error where its file is gone; else as {@link createOnnxClassifier}
 */
export async function createMappedClassifier(
  graph: SharedGraph,
  engine: EngineSpec,
  threads: number,
  classCount: number,
): Promise<OnnxClassifier> {
  const session = await openSharedGraph(graph, (path) =>
    createSession(path, threads, {
      graphOptimizationLevel: 'disabled',
      extra: {
        session: {
          ...SESSION_EXTRA,
          load_model_format: 'ORT',
          use_memory_mapped_ort_model: '1',
          use_ort_model_bytes_for_initializers: '1',
        },
      },
    }),
  );
  return classifierOf(session, engine, classCount);
}

/** Threads that sleep between operations wake too late to gain anything; after a run they do. */
const SESSION_EXTRA = { force_spinning_stop: '1' };

function forThisCpu(model: Uint8Array): Uint8Array {
  return process.arch === 'x64' ? forBlockedLayout(model) : model;
}

function createSession(
  graph: Uint8Array | string,
  threads: number,
  options: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  const { InferenceSession } = loadOnnxRuntime();
  const session: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: SESSION_EXTRA },
    ...options,
  };
  return typeof graph === 'string'
    ? InferenceSession.create(graph, session)
    : InferenceSession.create(graph, session);
}

/** @throws Error when the engine takes another layout than is filled here */
function classifierOf(
  session: InferenceSession,
  engine: EngineSpec,
  classCount: number,
): OnnxClassifier {
  if (engine.input.layout !== 'NCHW') {
    throw new Error(`the input layout ${engine.input.layout} is not served; export it as NCHW`);
  }
  const { Tensor } = loadOnnxRuntime();
  const pixels = new Float32Array(IMAGES_PER_RUN * INPUT_VALUES);
  const feeds = Array.from({ length: IMAGES_PER_RUN }, (_, i) => {
    const values = pixels.subarray(0, (i + 1) * INPUT_VALUES);
    return { [engine.input.name]: new Tensor('float32', values, [i + 1, ...INPUT_SHAPE]) };
  });
  const { logits: logitsName, cam: camName, features: featuresName } = engine.outputs;

  const classify = shareRuns(async (images) => {
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
  return Object.assign(classify, { release: () => session.release() });
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
