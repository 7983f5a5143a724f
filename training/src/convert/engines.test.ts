import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { parseOnnx } from '@naevus/shared/model/onnx-messages';
import { loadOnnxRuntime } from '@naevus/shared/onnxruntime/load-onnx-runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Architecture,
  classifierLayer,
  classify,
  efficientNetB0,
  extractFeatures,
} from '../network/architecture.ts';
import { loadTfjsNode } from '../network/engine/tensorflow.ts';
import {
  GOLDEN_WEIGHTS,
  goldenAvailable,
  goldenFeatures,
  goldenPictures,
} from '../network/fixtures/golden-features.ts';
import { relativeError } from '../network/fixtures/relative-error.ts';
import {
  randomPictures,
  SHRUNKEN,
  trainedLookingParameters,
  withIdentityClassifier,
} from '../network/fixtures/shrunken-network.ts';
import type { Parameters } from '../network/parameters.ts';
import { readSafetensors } from '../network/safetensors.ts';
import { parameterTensors, TfjsInterpreter } from '../network/tfjs-interpreter.ts';
import type { WeightPrecision } from './float16.ts';
import { exportOnnx } from './onnx/onnx-export.ts';
import { loadTfjsModel } from './tfjs/load-graph-model.ts';
import { exportTfjs } from './tfjs/tfjs-export.ts';

const { InferenceSession, Tensor } = loadOnnxRuntime();

const OUTPUTS = ['logits', 'cam', 'features'] as const;

type Outputs = Record<(typeof OUTPUTS)[number], { data: Float32Array; dims: readonly number[] }>;

async function runReference(
  parameters: Parameters,
  architecture: Architecture,
  pictures: Float32Array,
): Promise<Outputs> {
  await tf.setBackend('cpu');
  return tf.tidy(() => {
    const ops = new TfjsInterpreter(parameterTensors(parameters, architecture));
    const features = extractFeatures<tf.Tensor>(
      ops,
      imageTensor(pictures, architecture),
      architecture,
    );
    const cam = ops.classActivationMaps(features, classifierLayer(architecture));
    const pooled = ops.globalAveragePool(features);
    const logits = classify<tf.Tensor>(ops, pooled, architecture);
    return { logits: read(logits), cam: read(cam), features: read(pooled) };
  });
}

async function runTfjs(
  backend: string,
  parameters: Parameters,
  architecture: Architecture,
  pictures: Float32Array,
  precision: WeightPrecision,
): Promise<Outputs> {
  if (backend === 'tensorflow') loadTfjsNode();
  await tf.setBackend(backend);
  const model = await loadTfjsModel(exportTfjs(parameters, architecture, precision));
  const outputs = tf.tidy(() => {
    const image = imageTensor(pictures, architecture);
    const [logits, cam, features] = model.execute({ image }, [...OUTPUTS]) as tf.Tensor[];
    return { logits: read(logits!), cam: read(cam!), features: read(features!) };
  });
  model.dispose();
  return outputs;
}

async function runOnnx(
  parameters: Parameters,
  architecture: Architecture,
  pictures: Float32Array,
  precision: WeightPrecision,
): Promise<Outputs> {
  const session = await InferenceSession.create(exportOnnx(parameters, architecture, precision));
  const { inputSize: size } = architecture;
  const count = pictures.length / (size * size * 3);
  const image = new Tensor('float32', planar(pictures, size), [count, 3, size, size]);
  const { logits, cam, features } = await session.run({ image });
  const output = ({ data, dims }: InstanceType<typeof Tensor>) => ({
    data: data as Float32Array,
    dims,
  });
  const outputs = { logits: output(logits!), cam: output(cam!), features: output(features!) };
  await session.release();
  return outputs;
}

function imageTensor(pictures: Float32Array, { inputSize: size }: Architecture): tf.Tensor4D {
  return tf.tensor4d(pictures, [pictures.length / (size * size * 3), size, size, 3]);
}

function read(tensor: tf.Tensor) {
  return { data: tensor.dataSync<'float32'>(), dims: tensor.shape };
}

function planar(pictures: Float32Array, size: number): Float32Array {
  const plane = size * size;
  return Float32Array.from(pictures, (_, i) => {
    const [picture, rest] = [Math.floor(i / (3 * plane)), i % (3 * plane)];
    return pictures[picture * 3 * plane + (rest % plane) * 3 + Math.floor(rest / plane)]!;
  });
}

describe('every engine on the shrunken network', () => {
  const parameters = trainedLookingParameters(SHRUNKEN, 3);
  const pictures = randomPictures(3, SHRUNKEN.inputSize, 4);
  let reference: Outputs;
  beforeAll(async () => {
    reference = await runReference(parameters, SHRUNKEN, pictures);
  });

  const engines: [string, (precision: WeightPrecision) => Promise<Outputs>][] = [
    ['onnxruntime', (p) => runOnnx(parameters, SHRUNKEN, pictures, p)],
    ['tfjs cpu', (p) => runTfjs('cpu', parameters, SHRUNKEN, pictures, p)],
    ['tfjs wasm', (p) => runTfjs('wasm', parameters, SHRUNKEN, pictures, p)],
    ['tfjs native', (p) => runTfjs('tensorflow', parameters, SHRUNKEN, pictures, p)],
  ];
  for (const [name, run] of engines) {
    it(`${name} computes the reference`, async () => {
      const outputs = await run('float32');
      for (const output of OUTPUTS) {
        expect(outputs[output].dims).toEqual(reference[output].dims);
        expect(relativeError(outputs[output].data, reference[output].data)).toBeLessThan(2e-5);
      }
    });

    it(`${name} stays near it with half-precision weights`, async () => {
      const outputs = await run('float16');
      const onnx = await runOnnx(parameters, SHRUNKEN, pictures, 'float16');
      for (const output of OUTPUTS) {
        const error = relativeError(outputs[output].data, reference[output].data);
        expect(error).toBeGreaterThan(1e-5);
        expect(error).toBeLessThan(1e-2);
        // The same halves in every format.
        expect(relativeError(outputs[output].data, onnx[output].data)).toBeLessThan(2e-5);
      }
    });
  }
});

describe('the maps', () => {
  const parameters = trainedLookingParameters(SHRUNKEN, 5);
  const size = SHRUNKEN.inputSize;
  /** Wide enough that a patch moves one place of the 10×10 maps and not all. */
  const WIDE = { ...SHRUNKEN, inputSize: 160 };
  const CELL = 16;

  /** A grey picture with a bright square over 2×2 places of the maps, its corner at the place y, x. */
  function patchAt(y: number, x: number): Float32Array {
    const covers = (pixel: number, place: number) =>
      pixel >= place * CELL && pixel < (place + 2) * CELL;
    return Float32Array.from({ length: 160 * 160 * 3 }, (_, i) => {
      const [row, column] = [Math.floor(i / 3 / 160), Math.floor(i / 3) % 160];
      return covers(row, y) && covers(column, x) ? 250 - 60 * (i % 3) : 110;
    });
  }

  /** Row and column of the middle of what changes in a class's map, weighted by the change. */
  function middleOfChange(cam: Outputs['cam'], empty: Outputs['cam'], label: number) {
    let [total, row, column] = [0, 0, 0];
    for (let i = 0; i < 100; i++) {
      const change = Math.abs(cam.data[label * 100 + i]! - empty.data[label * 100 + i]!);
      total += change;
      row += change * Math.floor(i / 10);
      column += change * (i % 10);
    }
    return [row / total, column / total] as const;
  }

  // Squeeze-and-excite spreads a change over the whole map; with zero kernels its gates stand still.
  const local = new Map(parameters);
  for (const [name, values] of parameters) {
    if (/\.se\..*weight$/.test(name)) local.set(name, new Float32Array(values.length));
  }

  for (const [name, run] of [
    ['onnxruntime', runOnnx],
    ['tfjs', runTfjs.bind(null, 'cpu')],
  ] as const) {
    it(`of ${name} have y and x where the picture has them`, async () => {
      const grey = new Float32Array(160 * 160 * 3).fill(110);
      const empty = (await run(local, WIDE, grey, 'float32')).cam;
      expect(empty.dims).toEqual([1, 7, 10, 10]);
      for (const [y, x] of [
        [1, 7],
        [3, 5],
        [6, 2],
      ] as const) {
        const { cam } = await run(local, WIDE, patchAt(y, x), 'float32');
        for (let label = 0; label < 7; label++) {
          const [row, column] = middleOfChange(cam, empty, label);
          expect(Math.abs(row - (y + 0.5))).toBeLessThan(1);
          expect(Math.abs(column - (x + 0.5))).toBeLessThan(1);
        }
      }
    });

    it(`of ${name} have the logits as their mean plus bias`, async () => {
      const { logits, cam } = await run(
        parameters,
        SHRUNKEN,
        randomPictures(1, size, 5),
        'float32',
      );
      const bias = parameters.get('classifier.bias')!;
      const means = Array.from(bias, (b, label) => {
        const map = cam.data.subarray(label * 16, (label + 1) * 16);
        return b + map.reduce((sum, value) => sum + value, 0) / 16;
      });
      expect(relativeError(means, logits.data)).toBeLessThan(1e-5);
    });

    it(`of ${name} are Grad-CAM's: y·x times the gradient-weighted features`, async () => {
      const pictures = randomPictures(2, size, 6);
      const { cam } = await run(parameters, SHRUNKEN, pictures, 'float32');
      await tf.setBackend('cpu');
      const expected = tf.tidy(() =>
        gradCam(parameters, SHRUNKEN, imageTensor(pictures, SHRUNKEN)).dataSync(),
      );
      expect(relativeError(cam.data, expected)).toBeLessThan(1e-4);
    });

    it(`of ${name} are HiResCAM's as well: y·x times the gradients times the features, place by place`, async () => {
      const pictures = randomPictures(2, size, 7);
      const { cam } = await run(parameters, SHRUNKEN, pictures, 'float32');
      await tf.setBackend('cpu');
      const expected = tf.tidy(() =>
        gradCam(parameters, SHRUNKEN, imageTensor(pictures, SHRUNKEN), false).dataSync(),
      );
      expect(relativeError(cam.data, expected)).toBeLessThan(1e-4);
    });
  }
});

/**
 * Selvaraju et al. 2017, equations 1 and 2 before the ReLU, by automatic differentiation, times y·x:
 * [N, class, y, x]. Not averaged over the map, the gradients give HiResCAM (Draelos, Carin 2020, equation 3).
 */
function gradCam(
  parameters: Parameters,
  architecture: Architecture,
  image: tf.Tensor4D,
  averaged = true,
): tf.Tensor {
  const ops = new TfjsInterpreter(parameterTensors(parameters, architecture));
  const features = extractFeatures<tf.Tensor>(ops, image, architecture);
  const [count, height, width] = features.shape as [number, number, number, number];
  const maps = Array.from({ length: architecture.classes }, (_, label) => {
    const logit = (x: tf.Tensor) =>
      classify<tf.Tensor>(ops, ops.globalAveragePool(x), architecture)
        .slice([0, label], [count, 1])
        .sum<tf.Scalar>();
    const gradients = tf.grad(logit)(features);
    const weights = averaged ? gradients.mean([1, 2], true) : gradients;
    return features
      .mul(weights)
      .sum(3)
      .mul(height * width);
  });
  return tf.stack(maps, 1);
}

describe('the files', () => {
  const parameters = trainedLookingParameters(SHRUNKEN, 7);

  it('are the same bytes for the same parameters', () => {
    expect(exportOnnx(new Map(parameters), SHRUNKEN, 'float16')).toEqual(
      exportOnnx(parameters, SHRUNKEN, 'float16'),
    );
    expect(exportTfjs(new Map(parameters), SHRUNKEN, 'float16')).toEqual(
      exportTfjs(parameters, SHRUNKEN, 'float16'),
    );
  });

  it('change with any parameter', () => {
    const changed = new Map(parameters);
    changed.set('bn2.bias', parameters.get('bn2.bias')!.with(3, 9));
    expect(exportOnnx(changed, SHRUNKEN, 'float16')).not.toEqual(
      exportOnnx(parameters, SHRUNKEN, 'float16'),
    );
  });

  it('declare the contract of the ONNX graph', () => {
    const model = parseOnnx(exportOnnx(parameters, SHRUNKEN, 'float16'));
    expect(model.opsetImport).toEqual([{ domain: '', version: 17 }]);
    const ends = [...model.graph.input, ...model.graph.output].map(({ name, type }) => [
      name,
      type.tensorType.elemType,
      ...type.tensorType.shape.dim.map((dim) => ('dimParam' in dim ? dim.dimParam : dim.dimValue)),
    ]);
    expect(ends).toEqual([
      ['image', 1, 'N', 3, 64, 64],
      ['logits', 1, 'N', 7],
      ['cam', 1, 'N', 7, 4, 4],
      ['features', 1, 'N', SHRUNKEN.headChannels],
    ]);
    const operations = new Set(model.graph.node.map(({ opType }) => opType));
    expect(operations).not.toContain('BatchNormalization');
  });

  it('have no weight that is missing or broken', () => {
    const broken = new Map(parameters).set('bn1.weight', new Float32Array(8).fill(Number.NaN));
    expect(() => exportOnnx(broken, SHRUNKEN, 'float16')).toThrow('bn1.weight');
    const lacking = new Map(parameters);
    lacking.delete('classifier.bias');
    expect(() => exportTfjs(lacking, SHRUNKEN, 'float16')).toThrow('classifier.bias');
  });
});

describe.skipIf(!goldenAvailable)('the pretrained backbone', () => {
  // Its logits are the pooled features.
  let features: ReturnType<typeof withIdentityClassifier>;
  beforeAll(async () => {
    features = withIdentityClassifier(await readSafetensors(GOLDEN_WEIGHTS));
  });

  const pictures = goldenPictures();
  for (const [name, run] of [
    ['ONNX', runOnnx],
    ['the graph model on wasm', runTfjs.bind(null, 'wasm')],
    ['the graph model on native TensorFlow', runTfjs.bind(null, 'tensorflow')],
  ] as const) {
    it(`has the reference features in ${name}`, async () => {
      const { parameters, architecture } = features;
      const error = async (precision: WeightPrecision) => {
        const { logits } = await run(parameters, architecture, pictures, precision);
        return relativeError(logits.data, goldenFeatures());
      };
      const [single, half] = [await error('float32'), await error('float16')];
      console.info(
        `${name} against the golden features: ${single.toExponential(1)}, with half-precision weights ${half.toExponential(1)}`,
      );
      expect(single).toBeLessThan(1e-3);
      expect(half).toBeLessThan(2e-2);
    }, 120_000);
  }
});

if (!goldenAvailable) console.warn('SKIPPED: golden features, ../shared is not there');

it('computes the whole architecture, where class, y and x are all 7', async () => {
  const parameters = trainedLookingParameters(efficientNetB0(), 8);
  const pictures = randomPictures(1, efficientNetB0().inputSize, 9);
  const reference = await runReference(parameters, efficientNetB0(), pictures);
  for (const outputs of [
    await runOnnx(parameters, efficientNetB0(), pictures, 'float32'),
    await runTfjs('wasm', parameters, efficientNetB0(), pictures, 'float32'),
  ]) {
    expect(outputs.cam.dims).toEqual([1, 7, 7, 7]);
    expect(relativeError(outputs.logits.data, reference.logits.data)).toBeLessThan(1e-4);
    expect(relativeError(outputs.cam.data, reference.cam.data)).toBeLessThan(1e-4);
    expect(outputs.features.dims).toEqual([1, 1280]);
    expect(relativeError(outputs.features.data, reference.features.data)).toBeLessThan(1e-4);
  }
}, 60_000);
