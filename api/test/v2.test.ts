import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type InferResponse,
  inferResponseSchema,
  modelMetadataSchema,
  serverMetadataSchema,
  v2ErrorSchema,
} from '../src/schemas/inference-protocol.ts';
import { batchResponseSchema, predictResponseSchema } from '../src/schemas/prediction.ts';
import { expectedScores, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, type Colour, cornered, jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const MODEL = '/v2/models/naevus-fixture';
const SIDE = 224;
const PIXEL_BYTES = SIDE * SIDE * 3;

let server: ServerProcess;
let assessed: ServerProcess;
let red: Uint8Array<ArrayBuffer>;
let blue: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  assessed = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }) });
  red = await jpeg(RED);
  blue = await jpeg(BLUE);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(await assessed.stop()).toBe(0);
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The network's input of a picture of one colour. */
function pixels(colour: Colour): Uint8Array {
  return Uint8Array.from({ length: PIXEL_BYTES }, (_, i) => colour[i % 3]!);
}

function tensor(data: unknown, count = 1) {
  return { name: 'image', datatype: 'UINT8', shape: [count, SIDE, SIDE, 3], data };
}

function files(data: unknown, shape: number[] = [1]) {
  return { name: 'image', datatype: 'BYTES', shape, data };
}

async function infer(
  body: object,
  path = `${MODEL}/infer`,
  asked = server,
): Promise<InferResponse> {
  const response = await asked.postJson(path, body);
  expect(response.status, await response.clone().text()).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('application/json');
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  return inferResponseSchema.parse(await response.json());
}

/** A body with tensors behind its JSON, as Triton's extension has it. */
function withTensors(json: object, ...tensors: Uint8Array[]) {
  const head = Buffer.from(JSON.stringify(json));
  return {
    body: new Uint8Array(Buffer.concat([head, ...tensors])),
    headers: { 'Inference-Header-Content-Length': String(head.length) },
  };
}

function bytesTensor(...elements: Uint8Array[]): Uint8Array {
  return Buffer.concat(
    elements.flatMap((element) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
}

async function expectError(response: Response, status: number, text: RegExp): Promise<void> {
  const { error } = v2ErrorSchema.parse(await response.json());
  expect({ status: response.status, error }).toEqual({
    status,
    error: expect.stringMatching(text),
  });
  expect(response.headers.get('Content-Type')).toBe('application/json');
}

function output(answer: InferResponse, name: string) {
  const found = answer.outputs.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no output ${name}`);
  return found;
}

/** Numbers of a JSON output. */
function numbers(answer: InferResponse, name: string): number[] {
  return output(answer, name).data as number[];
}

function expectScores(found: readonly number[], colour: Colour, digits: number): void {
  const expected = expectedScores(...colour);
  expect(found).toHaveLength(7);
  for (const [i, label] of LABELS.entries()) {
    expect(found[i], label).toBeCloseTo(expected[i]!, digits);
  }
}

describe('metadata and health', () => {
  it('of the server', async () => {
    const response = await fetch(`${server.url}/v2`);
    expect(serverMetadataSchema.parse(await response.json())).toMatchObject({
      name: 'naevus',
      extensions: ['binary_tensor_data'],
    });
    expect(await (await fetch(`${server.url}/v2/health/live`)).json()).toEqual({ live: true });
    expect(await (await fetch(`${server.url}/v2/health/ready`)).json()).toEqual({ ready: true });
  });

  it.each([MODEL, `${MODEL}/versions/0.0.1`])('of the model at %s', async (path) => {
    const response = await fetch(server.url + path);
    const { name, versions, inputs, outputs, parameters } = modelMetadataSchema.parse(
      await response.json(),
    );
    expect({ name, versions }).toEqual({ name: 'naevus-fixture', versions: ['0.0.1'] });
    expect(inputs).toMatchObject([
      { name: 'image', datatype: 'UINT8', shape: [-1, SIDE, SIDE, 3] },
    ]);
    expect(outputs).toEqual([
      { name: 'probabilities', datatype: 'FP32', shape: [-1, 7] },
      { name: 'label', datatype: 'BYTES', shape: [-1] },
      { name: 'logits', datatype: 'FP32', shape: [-1, 7] },
    ]);
    expect(parameters.labels).toBe(LABELS.join());
    const ready = await fetch(`${server.url}${path}/ready`);
    expect(await ready.json()).toEqual({ name: 'naevus-fixture', ready: true });
  });
});

describe('infer', () => {
  it('takes pixels as flat numbers', async () => {
    const data = [...pixels(RED), ...pixels(BLUE)];
    const answer = await infer({ id: 'any id, ünd more', inputs: [tensor(data, 2)] });
    expect(answer).toMatchObject({
      model_name: 'naevus-fixture',
      model_version: '0.0.1',
      id: 'any id, ünd more',
      parameters: { labels: LABELS.join(), disclaimer: DISCLAIMER },
    });
    expect(answer.outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
      ['probabilities', 'FP32', [2, 7]],
      ['label', 'BYTES', [2]],
      ['logits', 'FP32', [2, 7]],
    ]);
    // Nothing is decoded or resampled: the network's own precision.
    expectScores(numbers(answer, 'probabilities').slice(0, 7), RED, 5);
    expectScores(numbers(answer, 'probabilities').slice(7), BLUE, 5);
    expect(output(answer, 'label').data).toEqual(['mel', 'vasc']);
    const logits = numbers(answer, 'logits').slice(0, 7);
    const powers = logits.map(Math.exp);
    const sum = powers.reduce((total, power) => total + power);
    expectScores(
      powers.map((power) => power / sum),
      RED,
      5,
    );
  });

  it('takes pixels as nested numbers, rows before columns before channels', async () => {
    // Red only in the left half: a transposed picture would be red in its upper half.
    const nested = [
      Array.from({ length: SIDE }, () =>
        Array.from({ length: SIDE }, (_, x) => (x < SIDE / 2 ? [...RED] : [0, 0, 0])),
      ),
    ];
    const answer = await infer(
      { inputs: [tensor(nested)], parameters: { class: 'mel' } },
      `${MODEL}/explain`,
    );
    const cam = numbers(answer, 'cam').slice(4 * 49, 5 * 49);
    expect(cam[0]).toBeGreaterThan(cam[6]! + 1);
    expect(cam[42]).toBeCloseTo(cam[0]!, 4);
  });

  it('takes pixels behind the JSON, and puts its answer there', async () => {
    const request = {
      inputs: [{ ...tensor(undefined, 2), parameters: { binary_data_size: 2 * PIXEL_BYTES } }],
      outputs: [
        { name: 'label', parameters: { binary_data: true } },
        { name: 'logits', parameters: { binary_data: false } },
        { name: 'probabilities' },
      ],
      parameters: { binary_data_output: true },
    };
    const { body, headers } = withTensors(request, pixels(RED), pixels(BLUE));
    const response = await server.post(`${MODEL}/versions/0.0.1/infer`, body, headers);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/octet-stream');
    const bytes = Buffer.from(await response.arrayBuffer());
    const jsonLength = Number(response.headers.get('Inference-Header-Content-Length'));
    const answer = inferResponseSchema.parse(JSON.parse(bytes.toString('utf8', 0, jsonLength)));
    expect(answer.outputs.map(({ name }) => name)).toEqual(['label', 'logits', 'probabilities']);
    expect(output(answer, 'label').parameters).toEqual({ binary_data_size: 4 + 3 + 4 + 4 });
    expect(numbers(answer, 'logits')).toHaveLength(14);
    expect(bytes.subarray(jsonLength, jsonLength + 15)).toEqual(
      bytesTensor(Buffer.from('mel'), Buffer.from('vasc')),
    );
    expect(output(answer, 'probabilities')).not.toHaveProperty('data');
    const probabilities = Array.from({ length: 14 }, (_, i) =>
      bytes.readFloatLE(jsonLength + 15 + 4 * i),
    );
    expectScores(probabilities.slice(0, 7), RED, 5);
    expectScores(probabilities.slice(7), BLUE, 5);
    expect(bytes).toHaveLength(jsonLength + 15 + 56);
  });

  it('takes image files, and answers as /predict does', async () => {
    const image = new Uint8Array(await cornered().jpeg().toBuffer());
    const predicted = predictResponseSchema.parse(
      await (await server.post('/predict', image)).json(),
    );
    const expected = LABELS.map(
      (label) => predicted.predictions.find((prediction) => prediction.label === label)!.score,
    );
    const inJson = [
      await infer({ inputs: [files([base64(image)])] }),
      await infer({ inputs: [files([[`data:image/jpeg;base64,${base64(image)}`]], [1, 1])] }),
    ];
    const elements = bytesTensor(image);
    const { body, headers } = withTensors(
      { inputs: [{ ...files(undefined), parameters: { binary_data_size: elements.length } }] },
      elements,
    );
    const behind = await server.post(`${MODEL}/infer`, body, headers);
    const raw = await server.post(`${MODEL}/infer`, image, {
      'Inference-Header-Content-Length': '0',
    });
    for (const response of [behind, raw]) {
      inJson.push(inferResponseSchema.parse(await response.json()));
    }
    for (const answer of inJson) {
      expect(numbers(answer, 'probabilities')).toEqual(expected.map(Math.fround));
    }
  });

  it('answers 32 images in their order', async () => {
    const images = Array.from({ length: 32 }, (_, i) => base64(i % 3 === 0 ? red : blue));
    const answer = await infer({ inputs: [files(images, [32])], outputs: [{ name: 'label' }] });
    expect(answer.outputs).toEqual([
      {
        name: 'label',
        datatype: 'BYTES',
        shape: [32],
        data: images.map((_, i) => (i % 3 === 0 ? 'mel' : 'vasc')),
      },
    ]);
  });

  it('gives the id of the request where it names none', async () => {
    const response = await server.post(
      `${MODEL}/infer`,
      JSON.stringify({ inputs: [files([base64(red)])] }),
      { 'X-Request-Id': 'from-the-header' },
    );
    expect(inferResponseSchema.parse(await response.json()).id).toBe('from-the-header');
  });
});

describe('explain', () => {
  it('gives the map that /gradcam gives, and all maps', async () => {
    const image = new Uint8Array(await cornered().png().toBuffer());
    const response = await server.post('/gradcam?class=nv', image, { Accept: 'application/json' });
    const { heatmap } = (await response.json()) as { heatmap: { grid: number[][]; max: number } };
    const request = { inputs: [files([base64(image), base64(image)], [2])] };
    const answer = await infer({ ...request, parameters: { class: 'nv' } }, `${MODEL}/explain`);
    expect(answer.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['class', [2]],
      ['heatmap', [2, 7, 7]],
      ['max', [2]],
      ['cam', [2, 7, 7, 7]],
      ['probabilities', [2, 7]],
    ]);
    expect(output(answer, 'class').data).toEqual(['nv', 'nv']);
    const grid = heatmap.grid.flat().map(Math.fround);
    expect(numbers(answer, 'heatmap')).toEqual([...grid, ...grid]);
    expect(numbers(answer, 'max')[0]).toBe(Math.fround(heatmap.max));
  });

  it('puts the maps of several views back where they belong', async () => {
    const image = new Uint8Array(await cornered().png().toBuffer());
    const request = { inputs: [files([base64(image)])] };
    const [once, averaged] = await Promise.all(
      [1, 8].map((tta) => infer({ ...request, parameters: { tta } }, `${MODEL}/explain`)),
    );
    for (const [i, value] of numbers(once!, 'cam').entries()) {
      expect(numbers(averaged!, 'cam')[i]).toBeCloseTo(value, 3);
    }
  });

  it('explains the likeliest class by default', async () => {
    const answer = await infer({ inputs: [files([base64(blue)])] }, `${MODEL}/explain`);
    expect(output(answer, 'class').data).toEqual(['vasc']);
  });
});

describe('an assessed answer', () => {
  const ASSESSMENT = ['abstained', 'triage', 'flagged', 'malignant_score', 'prediction_set'];
  const both = () => files([base64(red), base64(blue)], [2]);

  it('is declared in the metadata', async () => {
    const { outputs } = modelMetadataSchema.parse(await (await fetch(assessed.url + MODEL)).json());
    expect(outputs.slice(3)).toEqual([
      { name: 'abstained', datatype: 'BOOL', shape: [-1] },
      { name: 'triage', datatype: 'BYTES', shape: [-1] },
      { name: 'flagged', datatype: 'BOOL', shape: [-1] },
      { name: 'malignant_score', datatype: 'FP32', shape: [-1] },
      { name: 'prediction_set', datatype: 'BYTES', shape: [-1] },
      { name: 'reasons', datatype: 'BYTES', shape: [-1] },
    ]);
  });

  it.each(['infer', 'explain'])('of %s says what /predict says', async (kind) => {
    const form = new FormData();
    for (const image of [red, blue]) form.append('image', new Blob([image]), 'photo.jpg');
    const response = await fetch(`${assessed.url}/predict`, { method: 'POST', body: form });
    const results = batchResponseSchema.parse(await response.json()).results.map((result) => {
      if ('error' in result) throw new Error(result.error.detail);
      return result;
    });
    const answer = await infer({ inputs: [both()] }, `${MODEL}/${kind}`, assessed);
    expect(output(answer, 'abstained').data).toEqual([false, true]);
    expect(output(answer, 'triage').data).toEqual(results.map((r) => r.assessment!.triage));
    expect(output(answer, 'flagged').data).toEqual(results.map((r) => r.assessment!.flagged));
    expect(numbers(answer, 'malignant_score')).toEqual(
      results.map((r) => Math.fround(r.assessment!.malignant_score!)),
    );
    const sets = results.map((r) => r.prediction_set!.labels.join(' '));
    expect(output(answer, 'prediction_set').data).toEqual(sets);
    expect(output(answer, 'reasons').data).toEqual(
      results.map((r) => r.assessment!.reasons.map(({ code }) => code).join(' ')),
    );
    expect(answer.parameters).toMatchObject({
      abstained: true,
      flagged: true,
      triage: 'refer,review',
      malignant_score: results.map((r) => r.assessment!.malignant_score).join(),
      prediction_set: sets.join(),
      reasons: expect.stringMatching(/,out-of-distribution$/),
    });
  });

  it('goes in the parameters where a client asks for the label alone', async () => {
    const label = [{ name: 'label' }];
    const one = { inputs: [files([base64(blue)])], outputs: label };
    const answer = await infer(one, undefined, assessed);
    expect(answer.outputs.map(({ name }) => name)).toEqual(['label']);
    expect(answer.parameters).toMatchObject({ abstained: true, flagged: true, triage: 'review' });
    const sure = { inputs: [files([base64(red)])], outputs: label };
    expect((await infer(sure, undefined, assessed)).parameters.abstained).toBe(false);
    // Pixels have an assessment as files do.
    const pixelsOnly = { inputs: [tensor([...pixels(BLUE)])], outputs: label };
    expect((await infer(pixelsOnly, undefined, assessed)).parameters.abstained).toBe(true);
  });

  it('can be asked for alone, behind the JSON as well', async () => {
    const outputs = ASSESSMENT.map((name) => ({ name }));
    const request = { inputs: [both()], outputs, parameters: { binary_data_output: true } };
    const response = await assessed.postJson(`${MODEL}/infer`, request);
    const bytes = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get('Inference-Header-Content-Length'));
    const answer = inferResponseSchema.parse(JSON.parse(bytes.toString('utf8', 0, length)));
    expect(answer.outputs.map(({ name }) => name)).toEqual(ASSESSMENT);
    expect(output(answer, 'abstained').parameters).toEqual({ binary_data_size: 2 });
    expect([...bytes.subarray(length, length + 2)]).toEqual([0, 1]);
  });

  it('keeps the prior, the coverage, the operating point and the patient asked for', async () => {
    const wanted = [0.02, 0.03, 0.05, 0.05, 0.05, 0.75, 0.05];
    const parameters = {
      prior: wanted.join(),
      coverage: 0.99,
      operating_point: 'melanoma-sensitivity-98',
      age: 60,
    };
    const answer = await infer({ inputs: [files([base64(red)])], parameters }, undefined, assessed);
    const query = new URLSearchParams({ ...parameters, coverage: '0.99', age: '60' });
    const predicted = predictResponseSchema.parse(
      await (await assessed.post(`/predict?${query}`, red)).json(),
    );
    for (const { label, score } of predicted.predictions) {
      const found = numbers(answer, 'probabilities')[(LABELS as readonly string[]).indexOf(label)];
      expect(found).toBe(Math.fround(score));
    }
    expect(output(answer, 'label').data).toEqual([predicted.predictions[0]!.label]);
    expect(output(answer, 'prediction_set').data).toEqual([
      predicted.prediction_set!.labels.join(' '),
    ]);
  });

  it('is an error where it is asked for strictly', async () => {
    const request = { inputs: [both()], parameters: { strict: true } };
    const response = await assessed.postJson(`${MODEL}/infer`, request);
    await expectError(response, 422, /image 1 of 2, counted from 0: .*dermatoscopic/);
  });

  it('is not there of a version that has none, and cannot be asked for', async () => {
    const inputs = [files([base64(red)])];
    expect((await infer({ inputs })).parameters).not.toHaveProperty('abstained');
    const outputs = [{ name: 'abstained' }];
    await expectError(await server.postJson(`${MODEL}/infer`, { inputs, outputs }), 400, /no out/);
    const strict = { inputs, parameters: { strict: true } };
    await expectError(await server.postJson(`${MODEL}/infer`, strict), 400, /strict cannot be/);
  });
});

describe('an error', () => {
  const good = () => files([base64(red)]);

  it.each<[string, () => unknown, RegExp]>([
    ['no inputs', () => ({}), /inputs/],
    ['an empty list of inputs', () => ({ inputs: [] }), /inputs/],
    ['another name', () => ({ inputs: [{ ...good(), name: 'x' }] }), /no input .*x.*"image/],
    ['the input twice', () => ({ inputs: [good(), good()] }), /came 2 times/],
    ['another type', () => ({ inputs: [{ ...good(), datatype: 'FP32' }] }), /UINT8 .*BYTES/],
    [
      'planar pixels',
      () => ({ inputs: [{ ...tensor([]), shape: [1, 3, SIDE, SIDE] }] }),
      /\[N, 224, 224, 3\].*not \[1, 3, 224, 224\]/,
    ],
    ['no first dimension', () => ({ inputs: [{ ...tensor([]), shape: [SIDE, SIDE, 3] }] }), /\[N/],
    ['no image', () => ({ inputs: [tensor([], 0)] }), /N from 1/],
    ['a shape of text', () => ({ inputs: [{ ...good(), shape: ['1'] }] }), /shape/],
    ['33 images', () => ({ inputs: [files([], [33])] }), /33 images.*32/],
    ['too few numbers', () => ({ inputs: [tensor([1, 2, 3])] }), /has 3 values.*150528/],
    [
      'a fraction',
      () => ({ inputs: [tensor([...pixels(RED).subarray(1), 0.5])] }),
      /\[150527\] .*whole number from 0 to 255/,
    ],
    ['256', () => ({ inputs: [tensor([256, ...pixels(RED).subarray(1)])] }), /\[0\] .*0 to 255/],
    ['text', () => ({ inputs: [tensor(['1', ...pixels(RED).subarray(1)])] }), /\[0\]/],
    [
      'a ragged nest',
      () => ({ inputs: [tensor([Array.from({ length: SIDE }, () => [[1, 2, 3]])])] }),
      /\[0\]\[0\] .*has 1 values.*224/,
    ],
    ['no data', () => ({ inputs: [files(undefined)] }), /either.*data/],
    ['no base64', () => ({ inputs: [files(['!'])] }), /base64/],
    ['a number for a file', () => ({ inputs: [files([5])] }), /base64/],
    ['fewer files than said', () => ({ inputs: [files([base64(red)], [2])] }), /2 elements.*1/],
    [
      'an unknown output',
      () => ({ inputs: [good()], outputs: [{ name: 'y' }] }),
      /"probab.*"logits/,
    ],
    [
      'an output twice',
      () => ({ inputs: [good()], outputs: [{ name: 'label' }, { name: 'label' }] }),
      /twice/,
    ],
    ['an id that is no text', () => ({ inputs: [good()], id: 5 }), /id/],
    [
      'a parameter that is not served',
      () => ({ inputs: [good()], outputs: [{ name: 'label', parameters: { classification: 3 } }] }),
      /classification/,
    ],
    [
      'a parameter of the wrong type',
      () => ({ inputs: [good()], parameters: { binary_data_output: 'yes' } }),
      /binary_data_output/,
    ],
    ['three views', () => ({ inputs: [good()], parameters: { tta: 3 } }), /tta.*1, 2, 4, 8/],
    [
      'a misspelt parameter',
      () => ({ inputs: [good()], parameters: { stric: true } }),
      /no parameter "stric"; did you mean "strict"\?/,
    ],
    [
      'a misspelt parameter of an output',
      () => ({ inputs: [good()], outputs: [{ name: 'label', parameters: { binary_dat: 1 } }] }),
      /"label": .*did you mean "binary_data"\?/,
    ],
    [
      'a misspelt parameter of the input',
      () => ({ inputs: [{ ...good(), parameters: { binary_datasize: 3 } }] }),
      /did you mean "binary_data_size"\?/,
    ],
    ['strict as text', () => ({ inputs: [good()], parameters: { strict: 'true' } }), /boolean/],
    [
      'an unknown operating point',
      () => ({ inputs: [good()], parameters: { operating_point: 'high' } }),
      /melanoma-sensitivity-95/,
    ],
    ['views as text', () => ({ inputs: [good()], parameters: { tta: '4' } }), /tta.*1, 2, 4, 8/],
    ['an unknown class', () => ({ inputs: [good()], parameters: { class: 'MEL' } }), /akiec, bcc/],
  ])('says what is wrong: %s', async (_, make, text) => {
    await expectError(await server.postJson(`${MODEL}/infer`, make()), 400, text);
  });

  it.each<[string, number, RegExp]>([
    ['{', 400, /not valid JSON/],
    ['', 400, /no bytes/],
    ['['.repeat(100), 400, /deep/],
    [`{"inputs":[${','.repeat(8_000_000)}`, 400, /more than \d+ values/],
  ])('of a body that is none: %.20s', async (body, status, text) => {
    await expectError(await server.post(`${MODEL}/infer`, body), status, text);
  });

  it('says which image of several is bad', async () => {
    const data = [base64(red), base64(red.subarray(0, 300)), base64(red)];
    const response = await server.postJson(`${MODEL}/infer`, { inputs: [files(data, [3])] });
    await expectError(response, 422, /image 1 of 3, counted from 0: .*damaged/);
    const foreign = { inputs: [files([base64(Buffer.from('GIF89a…'))])] };
    await expectError(await server.postJson(`${MODEL}/infer`, foreign), 415, /GIF/);
  });

  it('says what is wrong with binary tensors', async () => {
    const sized = (size: number, input: object = files(undefined)) => ({
      inputs: [{ ...input, parameters: { binary_data_size: size } }],
    });
    const elements = bytesTensor(red);
    const cases: [object, Uint8Array, RegExp][] = [
      [sized(elements.length + 1), elements, /must be \d+/],
      [sized(elements.length - 1), elements.subarray(0, -1), /ends inside of element 0 of 1/],
      [sized(elements.length + 3), Buffer.concat([elements, Buffer.alloc(3)]), /3 bytes more/],
      [sized(0), new Uint8Array(0), /ends inside of element 0/],
      [sized(9, tensor(undefined)), new Uint8Array(9), /takes 150528 bytes; 9 came/],
      [{ inputs: [good()] }, elements, /no parameter "binary_data_size"/],
      [sized(elements.length, good()), elements, /both/],
      [sized(4), bytesTensor(new Uint8Array(0)), /no bytes/],
    ];
    for (const [json, binary, text] of cases) {
      const { body, headers } = withTensors(json, binary);
      await expectError(await server.post(`${MODEL}/infer`, body, headers), 400, text);
    }
    for (const length of ['-1', '1e3', '999999999', 'all', '']) {
      const headers = { 'Inference-Header-Content-Length': length };
      const response = await server.post(`${MODEL}/infer`, '{}', headers);
      await expectError(response, 400, /Inference-Header-Content-Length/);
    }
    const headers = { 'Content-Encoding': 'gzip' };
    await expectError(await server.post(`${MODEL}/infer`, '{}', headers), 400, /compressed/);
  });

  it('says that its parameters are in the body, not in a query', async () => {
    const response = await server.postJson(`${MODEL}/infer?tta=4`, { inputs: [good()] });
    await expectError(response, 400, /no query parameter "tta"; there are none here/);
  });

  it('has its one shape for routes, methods, models and versions that are not there', async () => {
    const get = (path: string) => fetch(server.url + path);
    await expectError(await get('/v2/nothing'), 404, /no such route/);
    await expectError(await get('/v2/models/other'), 404, /"naevus-fixture" is served/);
    await expectError(await get(`${MODEL}/versions/9.9.9`), 404, /"0.0.1" is served/);
    await expectError(await get(`${MODEL}/infer`), 405, /POST/);
    const response = await server.post(`${MODEL}/infer`, new Uint8Array(11 * 2 ** 20));
    await expectError(response, 413, /10485760/);
  });
});
