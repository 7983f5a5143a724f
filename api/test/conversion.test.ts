import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { type PredictResponse, predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { cutOff, mutated, patched, seeded } from './helpers/damaged-files.ts';
import { type DicomElement, dicomFile, NAMED_PATIENT } from './helpers/dicom-files.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const field = (name: string): Bytes =>
  new Uint8Array(readFileSync(new URL(`fixtures/field/${name}`, import.meta.url)));

/** Largest difference of a score that encodings may make. */
const MOST_DIFFERENT = 0.03;

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({ NAEVUS_WORKERS: '1', NAEVUS_MAX_PIXELS: '20000000' });
}, 60_000);

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  // Nothing crashed, and no worker was lost.
  const complaints = server.log.filter(({ level }) => (level as number) > 30);
  expect(complaints.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^no keys are set/)]);
}, 60_000);

async function predict(file: Bytes): Promise<PredictResponse> {
  const response = await server.post('/predict', file);
  expect(response.status).toBe(200);
  return predictResponseSchema.parse(await response.json());
}

/** 200, or the kind of a problem that is the file's. */
async function answerTo(file: Bytes): Promise<string | 200> {
  const response = await server.post('/predict', file);
  const text = await response.text();
  if (response.status === 200) return 200;
  expect(text).not.toMatch(/node_modules|\.[tj]s:\d|at \w+ \(|Emscripten|RuntimeError/);
  const { type, status } = problemSchema.parse(JSON.parse(text));
  expect(status, text).toBeGreaterThanOrEqual(400);
  expect(status, text).toBeLessThan(500);
  return type.slice(type.lastIndexOf(':') + 1);
}

describe('HEIC and AVIF', { timeout: 120_000 }, () => {
  it.each([
    ['melanoma.heic', 'heic', 'in sRGB'],
    ['heic-turned-display-p3.heic', 'heic', 'turned by a box and by EXIF, with a profile'],
    ['avif-nclx-display-p3.avif', 'avif', 'in Display P3 by code points'],
    ['avif-turned-icc-display-p3.avif', 'avif', 'turned, mirrored, with a profile'],
  ])('%s is scored as its PNG: %s, %s', async (name, format) => {
    const expected = await predict(field('melanoma.png'));
    const answer = await predict(field(name));
    expect(answer.image).toEqual({ width: 448, height: 336, format });
    const scores = new Map(expected.predictions.map(({ label, score }) => [label, score]));
    for (const { label, score } of answer.predictions) {
      expect(Math.abs(score - scores.get(label)!), label).toBeLessThanOrEqual(MOST_DIFFERENT);
    }
  });

  it('are among the formats that /model names', async () => {
    const response = await fetch(`${server.url}/model`);
    const { input } = modelResponseSchema.parse(await response.json());
    expect(input.formats).toEqual(['jpeg', 'png', 'webp', 'heic', 'avif', 'dicom']);
  });

  it('have their place in a batch, a lesion, a heat map and v2', async () => {
    const form = new FormData();
    for (const name of ['melanoma.heic', 'melanoma.png', 'avif-nclx-display-p3.avif']) {
      form.append('image', new Blob([field(name)]), name);
    }
    form.append('image', new Blob([field('melanoma.heic').slice(0, 900)]), 'cut off');
    const batch = (await (await server.post('/predict', form)).json()) as {
      results: { image?: { format: string }; error?: { type: string } }[];
    };
    expect(batch.results.map((one) => one.image?.format ?? one.error?.type)).toEqual([
      'heic',
      'png',
      'avif',
      'urn:naevus:problem:damaged-image',
    ]);
    const lesion = await server.post('/lesion', form);
    expect(lesion.status).toBe(200);
    const map = await server.post('/gradcam', field('melanoma.heic'), { Accept: 'image/png' });
    expect([map.status, map.headers.get('Content-Type')]).toEqual([200, 'image/png']);
    const { name } = modelResponseSchema.parse(await (await fetch(`${server.url}/model`)).json());
    const infer = await server.post(`/v2/models/${name}/infer`, field('melanoma.heic'), {
      'Inference-Header-Content-Length': '0',
    });
    expect(infer.status).toBe(200);
  });
});

describe('DICOM', { timeout: 120_000 }, () => {
  const PATIENT = [[0x00101010, 'AS', '063Y'] as const, [0x00100040, 'CS', 'F'] as const];

  async function dicom(elements: readonly DicomElement[] = []): Promise<Bytes> {
    const image = sharp(field('melanoma.png')).removeAlpha();
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const all = [...NAMED_PATIENT, ...elements];
    return dicomFile({ width: info.width, height: info.height, pixels: data, elements: all });
  }

  it('is scored as the PNG of its pixels', async () => {
    const expected = await predict(field('melanoma.png'));
    const answer = await predict(await dicom(PATIENT));
    expect(answer.image).toEqual({ width: 448, height: 336, format: 'dicom' });
    expect(answer.predictions).toEqual(expected.predictions);
    // Its header is not looked at unless the caller asks for it.
    expect(answer.patient).toBeUndefined();
  });

  it('says age and sex where they are asked for, and the caller is believed before it', async () => {
    const file = await dicom(PATIENT);
    const ask = async (query: string) =>
      predictResponseSchema.parse(
        await (await server.post(`/predict?patient=dicom${query}`, file)).json(),
      );
    const stated = await server.post('/predict?age=63&sex=female', file);
    const { patient, predictions } = predictResponseSchema.parse(await stated.json());
    expect(patient).toBeDefined();
    const answer = await ask('');
    expect(answer.patient).toEqual(patient);
    expect(answer.predictions).toEqual(predictions);
    const { used, not_used } = (await ask('&age=20')).patient!;
    expect([...used, ...not_used]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'age', value: 20 }),
        expect.objectContaining({ name: 'sex', value: 'female' }),
      ]),
    );
  });

  it('names the patient neither in an answer nor in a log', async () => {
    const file = await dicom(PATIENT);
    const form = new FormData();
    form.append('image', new Blob([file]));
    for (const response of [
      await server.post('/predict?patient=dicom', file),
      await server.post('/predict', file.slice(0, 400)),
      await server.post('/lesion?patient=dicom', form, { Accept: 'application/fhir+json' }),
      await server.post('/gradcam?patient=dicom', file),
    ]) {
      const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
      const said = `${text} ${JSON.stringify([...response.headers])}`;
      expect(said).not.toMatch(/Mustermann|SECRET-4711|19630412/);
    }
    expect(JSON.stringify(server.log)).not.toMatch(/Mustermann|SECRET-4711|19630412|063Y/);
  });

  it('refuses to guess the patient', async () => {
    const kinds = async (path: string, body: Bytes | FormData) => {
      const { type, detail } = problemSchema.parse(await (await server.post(path, body)).json());
      return `${type.split(':').at(-1)}: ${detail}`;
    };
    expect(await kinds('/predict?patient=dicom', field('melanoma.png'))).toMatch(
      /^invalid-query: patient=dicom needs a DICOM file/,
    );
    expect(await kinds('/predict?patient=header', field('melanoma.png'))).toMatch(
      /^invalid-query: patient must be dicom/,
    );
    const form = new FormData();
    form.append('image', new Blob([await dicom(PATIENT)]));
    form.append('image', new Blob([await dicom([[0x00101010, 'AS', '041Y']])]));
    expect(await kinds('/lesion?patient=dicom', form)).toMatch(
      /^invalid-body: the DICOM files say more than one age/,
    );
    expect(await kinds('/predict?patient=dicom', form)).toMatch(/^invalid-query: .*one image/);
  });
});

describe('hostile files', { timeout: 600_000 }, () => {
  it.each(['melanoma.heic', 'avif-turned-icc-display-p3.avif'])(
    '%s cut off anywhere',
    async (name) => {
      for (const file of cutOff(field(name), 8)) {
        expect(await answerTo(file), `${file.length} bytes`).toMatch(
          /damaged-image|unsupported-format/,
        );
      }
    },
  );

  it.each(['melanoma.heic', 'avif-turned-icc-display-p3.avif'])(
    '%s changed anywhere',
    async (name) => {
      const random = seeded(18);
      for (let i = 0; i < 20; i++) await answerTo(mutated(field(name), random, 700));
      expect(await answerTo(field(name))).toBe(200);
    },
  );

  it.each([
    ['a size of 4 gigapixels', [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]],
    ['a size of 2 ** 32 by 2 ** 32', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a size of nothing', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['another size than its pixels have', [0, 0, 0x10, 0, 0, 0, 0x10, 0]],
  ])('that claim %s', async (_, size) => {
    // ispe: version and flags, then width and height.
    for (const name of ['melanoma.heic', 'avif-nclx-display-p3.avif']) {
      const answer = await answerTo(patched(field(name), 'ispe', 4, size));
      expect(answer).toMatch(/damaged-image|too-many-pixels|unsupported-format/);
    }
  });

  it('that lie about the length of a box', async () => {
    for (const [text, offset] of [
      ['meta', -8],
      ['mdat', -8],
      ['iloc', -8],
      ['ipma', -8],
    ] as const) {
      for (const length of [
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [0xff, 0xff, 0xff, 0xff],
      ]) {
        for (const name of ['melanoma.heic', 'avif-nclx-display-p3.avif']) {
          await answerTo(patched(field(name), text, offset, length));
        }
      }
    }
  });
});
