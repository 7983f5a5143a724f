import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { classOf, labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchResponseSchema, predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { expectedScores, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, type Colour, jpeg, plain, pngThatClaims, RED } from './helpers/pictures.ts';
import { postChunked } from './helpers/raw-http.ts';
import { type RequestBody, type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let red: Uint8Array<ArrayBuffer>;
let blue: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  red = await jpeg(RED);
  blue = await jpeg(BLUE);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function predict(body: RequestBody, headers?: Record<string, string>) {
  const response = await server.post('/predict', body, headers);
  expect(response.status).toBe(200);
  return predictResponseSchema.parse(await response.json());
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

async function file(image: Sharp): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await image.toBuffer());
}

const labels = labelsOf(HAM10000);

describe('an answer', () => {
  it('has the seven scores of the network, the highest first, and all that the contract names', async () => {
    const response = await server.post('/predict', red, { 'X-Request-Id': 'my-id_1.2' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('X-Request-Id')).toBe('my-id_1.2');
    const answer = predictResponseSchema.parse(await response.json());
    expect(answer).toMatchObject({
      id: 'my-id_1.2',
      model: { name: 'naevus-fixture', version: '0.0.1' },
      image: { width: 320, height: 240, format: 'jpeg' },
      disclaimer: DISCLAIMER,
    });
    expect(answer.predictions).toHaveLength(7);
    expect(answer.predictions[0]).toMatchObject({
      label: 'mel',
      name: 'Melanoma',
      risk: 'malignant',
      codes: {
        icd10: ['C43', 'D03'],
        icd11: ['2C30', '2E63'],
        snomed_ct: ['93655004', '109266006'],
      },
    });
    expect(answer.predictions.find(({ label }) => label === 'bkl')!.codes).toEqual({
      icd10: null,
      icd11: null,
      snomed_ct: null,
    });
    const scores = answer.predictions.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.reduce((sum, score) => sum + score)).toBeCloseTo(1, 12);
    const expected = expectedScores(...RED);
    for (const { label, name, risk, score } of answer.predictions) {
      expect(score).toBeCloseTo(expected[labels.indexOf(label)]!, 2);
      expect({ name, risk }).toEqual({
        name: classOf(HAM10000, label).name.en,
        risk: classOf(HAM10000, label).risk,
      });
    }
  });

  it.each(['no good', 'x'.repeat(65), 'a/b'])('has an id of its own instead of %j', async (id) => {
    const answer = await predict(red, { 'X-Request-Id': id });
    expect(answer.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has as many predictions as are asked for', async () => {
    const all = await predict(red);
    const response = await server.post('/predict?top_k=2', red);
    const { predictions } = predictResponseSchema.parse(await response.json());
    expect(predictions).toEqual(all.predictions.slice(0, 2));
  });
});

describe('test-time augmentation', () => {
  it('says how many views were averaged over, for one image and for a batch', async () => {
    const one = await server.post('/predict?tta=4', red);
    expect(predictResponseSchema.parse(await one.json()).tta).toBe(4);
    const images = [red, red].map((file) => Buffer.from(file).toString('base64'));
    const batch = await server.postJson('/predict?tta=8', { images });
    const answer = batchResponseSchema.parse(await batch.json());
    expect([answer.tta, answer.results.length]).toEqual([8, 2]);
    expect((await predict(red)).tta).toBeUndefined();
  });
});

describe('a body', () => {
  it('may be raw, with any content type or none', async () => {
    for (const type of [
      'image/jpeg',
      'image/png',
      'application/x-www-form-urlencoded',
      'text/plain',
    ]) {
      expect((await predict(red, { 'Content-Type': type })).predictions[0]!.label).toBe('mel');
    }
    expect((await predict(red)).predictions[0]!.label).toBe('mel');
    const answer = await postChunked(`${server.url}/predict`, [red.slice(0, 100), red.slice(100)]);
    expect(predictResponseSchema.parse(JSON.parse(answer.body)).predictions[0]!.label).toBe('mel');
  });

  it('may be multipart', async () => {
    const form = new FormData();
    form.append('note', 'ignored');
    form.append('image', new Blob([blue], { type: 'text/plain' }), '../../etc/passwd');
    expect((await predict(form)).predictions[0]!.label).toBe('vasc');
  });

  it('may be JSON with base64 or a data: URL', async () => {
    for (const image of [base64(blue), `data:image/png;base64,${base64(blue)}`]) {
      const response = await server.postJson('/predict', { image });
      const answer = predictResponseSchema.parse(await response.json());
      expect(answer.predictions[0]!.label).toBe('vasc');
    }
  });
});

describe('a batch', () => {
  it('is answered in the order sent, a bad image with an error in its own place', async () => {
    const images = [
      red,
      new Uint8Array([1, 2, 3]),
      blue,
      pngThatClaims(30_000, 30_000),
      red.slice(0, 300),
    ];
    const response = await server.postJson('/predict?top_k=1', {
      images: [...images.map(base64), '!', ''],
    });
    expect(response.status).toBe(200);
    const { results, disclaimer, id } = batchResponseSchema.parse(await response.json());
    expect(disclaimer).toBe(DISCLAIMER);
    const summary = results.map((item) =>
      'error' in item ? item.error.type.split(':').at(-1) : item.predictions[0]!.label,
    );
    expect(summary).toEqual([
      'mel',
      'unsupported-format',
      'vasc',
      'too-many-pixels',
      'damaged-image',
      'invalid-base64',
      'empty-image',
    ]);
    expect(results[1]).toMatchObject({
      error: { status: 415, instance: `urn:naevus:request:${id}` },
    });
  });

  it('may come as repeated fields of a form', async () => {
    const form = new FormData();
    form.append('image', new Blob([red]), 'a.jpg');
    form.append('image', new Blob(['text']), 'b.jpg');
    const response = await server.post('/predict', form);
    const { results } = batchResponseSchema.parse(await response.json());
    expect(results).toHaveLength(2);
    expect(results[1]).toHaveProperty('error.status', 415);
  });

  it('may have one image, and thirty-two', async () => {
    const warnings: string[] = [];
    server.process.stderr!.on('data', (chunk) => warnings.push(String(chunk)));
    for (const count of [1, 32]) {
      const images = Array.from({ length: count }, () => base64(red));
      const response = await server.postJson('/predict', { images });
      expect(batchResponseSchema.parse(await response.json()).results).toHaveLength(count);
    }
    expect(warnings).toEqual([]);
  });

  it('fails as a whole when all of its images do', async () => {
    const response = await server.postJson('/predict', {
      images: [base64(new Uint8Array(9)), 'AA=='],
    });
    expect(response.status).toBe(422);
    const problem = problemSchema.parse(await response.json());
    expect(problem.type).toBe('urn:naevus:problem:all-images-failed');
    expect(problem.results).toMatchObject([{ error: { status: 415 } }, { error: { status: 415 } }]);
  });
});

describe('an image', () => {
  const GREY: Colour = [90, 90, 90];

  async function expectColour(bytes: Uint8Array<ArrayBuffer>, colour: Colour, digits = 2) {
    const { predictions } = await predict(bytes);
    const expected = expectedScores(...colour);
    for (const { label, score } of predictions) {
      expect(score, label).toBeCloseTo(expected[labels.indexOf(label)]!, digits);
    }
  }

  it.each<[string, () => Sharp, Colour]>([
    ['JPEG', () => plain(RED).jpeg({ quality: 95 }), RED],
    ['progressive JPEG', () => plain(RED).jpeg({ quality: 95, progressive: true }), RED],
    ['grey JPEG', () => plain(GREY).greyscale().jpeg(), GREY],
    ['PNG', () => plain(BLUE).png(), BLUE],
    ['interlaced PNG', () => plain(BLUE).png({ progressive: true }), BLUE],
    ['grey PNG', () => plain(GREY).toColourspace('b-w').png(), GREY],
    ['16-bit PNG', () => plain(RED).toColourspace('rgb16').png(), RED],
    ['16-bit grey PNG', () => plain(GREY).toColourspace('grey16').png(), GREY],
    ['PNG with a palette', () => plain(RED).png({ palette: true }), RED],
    ['WebP', () => plain(RED).webp({ lossless: true }), RED],
    ['lossy WebP', () => plain(RED).webp({ quality: 95 }), RED],
  ])('may be %s', async (_, image, colour) => {
    await expectColour(await file(image()), colour);
  });

  it('may be CMYK, and is seen in sRGB', async () => {
    const cmyk = await file(plain(RED).toColourspace('cmyk').jpeg({ quality: 100 }));
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk');
    // By the plain formula, as browsers show it.
    const inks = sharp(cmyk).pipelineColourspace('cmyk').toColourspace('cmyk');
    const [cyan, magenta, yellow, black] = await inks.raw().toBuffer();
    const shown = (ink: number) => Math.round(((255 - ink) * (255 - black!)) / 255);
    await expectColour(cmyk, [shown(cyan!), shown(magenta!), shown(yellow!)]);
  });

  it.each(['png', 'webp'] as const)(
    'may be transparent (%s), and lies on white',
    async (format) => {
      const [r, g, b] = RED;
      const half = { r, g, b, alpha: 0.5 };
      const create = { width: 100, height: 80, channels: 4, background: half } as const;
      const bytes = await file(sharp({ create })[format]({ quality: 100 }));
      const onWhite = (value: number): number => 255 - (255 - value) * 0.5;
      await expectColour(bytes, [onWhite(r), onWhite(g), onWhite(b)]);
    },
  );

  it('may be animated, and its first frame counts', async () => {
    const frames = await sharp(
      [await plain(RED, 64, 64).png().toBuffer(), await plain(BLUE, 64, 64).png().toBuffer()],
      {
        join: { animated: true },
      },
    )
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(frames).metadata()).pages).toBe(2);
    await expectColour(new Uint8Array(frames), RED);
  });

  it.each([3, 6, 8])('with EXIF orientation %i has its size as displayed', async (orientation) => {
    const bytes = await file(plain(RED, 300, 200).withMetadata({ orientation }).jpeg());
    const { image } = await predict(bytes);
    expect(image).toMatchObject(
      orientation >= 5 ? { width: 200, height: 300 } : { width: 300, height: 200 },
    );
  });

  it('of 12 megapixels has its own size, not that of its reduced decoding', async () => {
    const { image, predictions } = await predict(await jpeg(RED, 4000, 3000));
    expect(image).toEqual({ width: 4000, height: 3000, format: 'jpeg' });
    expect(predictions[0]!.label).toBe('mel');
  });
});

describe('many at once', () => {
  it('each gets its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        predict(i % 2 ? red : blue, { 'X-Request-Id': `n${i}` }),
      ),
    );
    answers.forEach((answer, i) => {
      expect(answer.id).toBe(`n${i}`);
      expect(answer.predictions[0]!.label).toBe(i % 2 ? 'mel' : 'vasc');
    });
  });
});

describe('hostile bytes', () => {
  /** Lehmer's generator with Park and Miller's constants: the same bytes each time. */
  function* randomNumbers(seed: number): Generator<number> {
    for (let state = seed; ; ) {
      state = (state * 48_271) % 2_147_483_647;
      yield state;
    }
  }

  it.each(['jpeg', 'png', 'webp'] as const)(
    '%s: no mutation takes the server down',
    async (format) => {
      const sound = await file(
        plain(RED, 96, 64)
          .composite([
            {
              input: { create: { width: 30, height: 20, channels: 3, background: '#124578' } },
              left: 9,
              top: 5,
            },
          ])
          .withMetadata({ orientation: 6 })
          .toFormat(format),
      );
      const random = randomNumbers(format.length * 7919);
      const next = (below: number): number => random.next().value! % below;
      for (let round = 0; round < 120; round++) {
        const mutated = sound.slice(0, round % 4 === 0 ? next(sound.length) + 1 : sound.length);
        for (let flips = next(12); flips >= 0; flips--) mutated[next(mutated.length)] = next(256);
        const response = await server.post(round % 3 === 0 ? '/gradcam' : '/predict', mutated);
        expect([200, 415, 422]).toContain(response.status);
        await response.arrayBuffer();
      }
      expect((await predict(red)).predictions[0]!.label).toBe('mel');
      expect(
        server.log.filter(({ msg }) => msg === 'defect' || msg === 'a worker was lost'),
      ).toEqual([]);
    },
  );
});
