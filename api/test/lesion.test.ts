import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NaevusClient } from '../src/client/client.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { type LesionResponse, lesionResponseSchema } from '../src/schemas/lesion.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, type Colour, jpeg, RED } from './helpers/pictures.ts';
import { type RequestBody, type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let unfitted: ServerProcess;
let red: Uint8Array<ArrayBuffer>;
let pink: Uint8Array<ArrayBuffer>;
let blue: Uint8Array<ArrayBuffer>;
let dark: Uint8Array<ArrayBuffer>;

const PINK: Colour = [220, 60, 60];
/** Below the threshold of the referral, and above it for a patient of 90. */
const RAISED: Colour = [90, 80, 60];

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ clinic: true }) });
  unfitted = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }) });
  red = await jpeg(RED);
  pink = await jpeg(PINK);
  // Out of distribution, and too dark.
  blue = await jpeg(BLUE);
  dark = await jpeg([24, 4, 0]);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(await unfitted.stop()).toBe(0);
});

function form(
  photos: readonly Uint8Array<ArrayBuffer>[],
  fields: Readonly<Record<string, string>> = {},
): FormData {
  const data = new FormData();
  for (const [i, photo] of photos.entries()) data.append('image', new Blob([photo]), `${i}.jpg`);
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

async function lesion(body: RequestBody, query = '', at = server): Promise<LesionResponse> {
  const response = await at.post(`/lesion${query}`, body);
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return lesionResponseSchema.parse(answer);
}

async function problem(path: string, body: RequestBody) {
  const response = await server.post(path, body);
  return problemSchema.parse(await response.json());
}

const scoresOf = ({ predictions }: Pick<LesionResponse, 'predictions'>): number[] =>
  LABELS.map((label) => predictions.find((one) => one.label === label)!.score);

const codesOf = ({ assessment }: Pick<LesionResponse, 'assessment'>) =>
  assessment!.reasons.map(({ code }) => code);

describe('a page to keep', () => {
  it('is a PDF of one page, by request and by the client', async () => {
    const accept = { Accept: 'application/pdf' };
    const body = form([red, pink, blue], { age: '63' });
    const response = await server.post('/lesion?language=fr', body, accept);
    expect([response.status, response.headers.get('Content-Type')]).toEqual([
      200,
      'application/pdf',
    ]);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const pdf = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)).toHaveLength(1);
    expect(pdf.match(/\/Subtype \/Image\b/g)).toHaveLength(6);
    const client = new NaevusClient({ baseUrl: server.url });
    expect((await (await client.lesionPdf([red], { age: 63 })).text()).slice(0, 5)).toBe('%PDF-');
  });

  it('is refused like any answer where no photo can be read', async () => {
    const response = await server.post('/lesion', 'no photo', { Accept: 'application/pdf' });
    expect(response.status).toBe(415);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  });
});

describe('/lesion', () => {
  it('answers to one photo as /predict does', async () => {
    const single = await lesion(red);
    const predicted = predictResponseSchema.parse(
      await (await server.post('/predict', red)).json(),
    );
    expect(single.predictions).toEqual(predicted.predictions);
    expect(single.assessment).toEqual(predicted.assessment);
    expect(single.prediction_set).toEqual(predicted.prediction_set);
    expect(single.pooled).toEqual({ method: 'mean-logit', photos: 1, counted: 1, fitted: true });
    expect(single.images[0]).toMatchObject({ weight: 1, quality: { passed: true } });
  });

  it('pools the calibrated logits of several, and judges them by what was fitted for several', async () => {
    const answer = await lesion(form([red, pink]));
    const photos = answer.images.map((photo) =>
      scoresOf(photo as Pick<LesionResponse, 'predictions'>),
    );
    const geometric = LABELS.map((_, k) => Math.sqrt(photos[0]![k]! * photos[1]![k]!));
    const sum = geometric.reduce((total, value) => total + value);
    for (const [k, score] of scoresOf(answer).entries()) {
      expect(score).toBeCloseTo(geometric[k]! / sum, 9);
    }
    expect(answer.pooled).toEqual({ method: 'mean-logit', photos: 2, counted: 2, fitted: true });
    expect(answer.images.map(({ weight }) => weight)).toEqual([0.5, 0.5]);
    expect(answer.assessment!.threshold).toBe(0.25);
    const inSet = LABELS.filter((_, k) => scoresOf(answer)[k]! >= 0.05);
    expect(answer.prediction_set!.labels).toEqual(inSet);
  });

  it('takes JSON, in the order sent', async () => {
    const images = [red, pink].map((photo) => Buffer.from(photo).toString('base64'));
    const response = await server.post('/lesion', JSON.stringify({ images }), {
      'Content-Type': 'application/json',
    });
    const answer = lesionResponseSchema.parse(await response.json());
    expect(scoresOf(answer)).toEqual(scoresOf(await lesion(form([red, pink]))));
  });

  it('gives no vote to photos that are abstained from, and says so', async () => {
    const answer = await lesion(form([red, dark, blue]));
    expect(answer.images.map(({ weight }) => weight)).toEqual([1, 0, 0]);
    expect(scoresOf(answer)).toEqual(scoresOf(await lesion(red)));
    expect(answer.pooled).toMatchObject({ photos: 3, counted: 1 });
    expect(answer.assessment!.abstained).toBe(false);
    expect(codesOf(answer)).toContain('photos-left-out');
  });

  it('abstains where all photos are abstained from', async () => {
    const answer = await lesion(form([dark, blue]));
    expect(answer.assessment).toMatchObject({ abstained: true, flagged: true });
    expect(answer.assessment!.triage).not.toBe('routine');
    expect(codesOf(answer)).toEqual(expect.arrayContaining(['too-dark', 'out-of-distribution']));
    const strict = await problem('/lesion?strict=true', form([dark, blue]));
    expect(strict).toMatchObject({ type: 'urn:naevus:problem:abstained', status: 422 });
    expect(JSON.stringify(strict)).not.toContain('malignant_score');
  });

  it('puts a photo that cannot be read in its own place, and all of them into a problem', async () => {
    const broken = new Uint8Array(Buffer.from('no picture'));
    const answer = await lesion(form([broken, red]));
    expect(answer.images[0]).toMatchObject({ error: { status: 415 }, weight: 0 });
    expect(scoresOf(answer)).toEqual(scoresOf(await lesion(red)));
    expect(codesOf(answer)).toContain('photos-left-out');
    expect(await problem('/lesion', form([broken, broken]))).toMatchObject({
      type: 'urn:naevus:problem:all-images-failed',
      images: [{ weight: 0 }, { weight: 0 }],
    });
    expect(await problem('/lesion', form([broken]))).toMatchObject({ status: 415 });
  });

  it('takes eight photos, and no more', async () => {
    expect((await lesion(form(Array(8).fill(red)))).images).toHaveLength(8);
    expect(await problem('/lesion', form(Array(9).fill(red)))).toMatchObject({
      type: 'urn:naevus:problem:too-many-images',
      detail: '9 photos came; a lesion may have 8',
    });
  });

  it('gives no set for several photos by a version that was not fitted for them', async () => {
    const answer = await lesion(form([red, pink]), '', unfitted);
    expect(answer.pooled.fitted).toBe(false);
    expect(answer.prediction_set).toBeUndefined();
    expect(answer.assessment!.threshold).toBe(0.3);
    expect((await lesion(red, '', unfitted)).prediction_set).toBeDefined();
  });
});

describe('what is known of the patient', () => {
  it('changes the odds of the classes, and is answered beside the scores without it', async () => {
    const answer = await lesion(form([red, pink]), '?age=80');
    const without = await lesion(form([red, pink]));
    const melanoma = LABELS.indexOf('mel');
    const odds = (scores: number[]) => scores[melanoma]! / (1 - scores[melanoma]!);
    expect(odds(scoresOf(answer)) / odds(scoresOf(without))).toBeCloseTo(Math.E, 6);
    expect(answer.patient).toMatchObject({ used: [{ name: 'age', value: 80 }], not_used: [] });
    expect(answer.patient!.predictions).toEqual(without.predictions);
    expect(answer.assessment!.malignant_score).toBe(without.assessment!.malignant_score);
    expect(answer.patient!.malignant_score).toBeGreaterThan(answer.assessment!.malignant_score!);
    expect(answer.prediction_set).toEqual(without.prediction_set);
  });

  it('raises the triage word, and never lowers it', async () => {
    const words = ['routine', 'review', 'refer'];
    for (const colour of [
      [200, 90, 60],
      [150, 140, 60],
      [180, 120, 90],
    ] as const) {
      const photo = await jpeg(colour);
      const ask = async (query: string) =>
        predictResponseSchema.parse(await (await server.post(`/predict${query}`, photo)).json());
      const [plain, old, young] = [await ask(''), await ask('?age=90'), await ask('?age=10')];
      const word = (answer: typeof plain) => words.indexOf(answer.assessment!.triage!);
      expect(word(old)).toBeGreaterThanOrEqual(word(plain));
      expect(word(young)).toBe(word(plain));
      expect(codesOf(old).includes('raised-by-patient')).toBe(word(old) > word(plain));
    }
    const raised = await jpeg(RAISED);
    const answer = await lesion(raised, '?age=90');
    expect(codesOf(answer)).toContain('raised-by-patient');
  });

  it('says what was not used, and why', async () => {
    const answer = await lesion(red, '?sex=female&site=66643007');
    expect(answer.patient).toMatchObject({
      used: [],
      not_used: [
        { name: 'sex', value: 'female', reason: 'it changes nothing' },
        { name: 'site', value: 'back', reason: 'it is a habit of one collection' },
      ],
    });
    expect(answer.predictions).toEqual(answer.patient!.predictions);
    const old = await lesion(red, '?age=40', unfitted);
    expect(old.patient!.not_used[0]!.reason).toBe('version 0.0.1 was not fitted with patient data');
  });

  it('comes as a field of a form and as a member of JSON as well', async () => {
    const byQuery = await lesion(red, '?age=70&sex=male');
    const byForm = await lesion(form([red], { age: '70', sex: 'male' }));
    expect(byForm.patient).toEqual(byQuery.patient);
    for (const path of ['/predict', '/lesion', '/gradcam']) {
      const body = JSON.stringify({
        image: Buffer.from(red).toString('base64'),
        age: 70,
        sex: 'male',
      });
      const response = await server.post(path, body, {
        'Content-Type': 'application/json',
        Accept: 'application/json',
      });
      const answer = (await response.json()) as LesionResponse;
      expect(answer.patient, path).toEqual(byQuery.patient);
    }
  });

  it('comes with every other parameter in a body, too', async () => {
    const parameters = {
      coverage: 0.99,
      operating_point: 'specificity-90',
      prior: 'uniform',
      language: 'de',
      tta: 4,
      age: 70,
      version: '0.0.1',
    };
    const texts = Object.entries(parameters).map(([name, value]) => [name, String(value)]);
    for (const path of ['/predict', '/lesion', '/gradcam']) {
      const json = { Accept: 'application/json' };
      const ask = async (query: string, body: RequestBody, headers = {}) => {
        const response = await server.post(`${path}${query}`, body, { ...json, ...headers });
        const {
          id: _,
          timing: __,
          images: ___,
          ...answer
        } = (await response.json()) as Record<string, unknown>;
        expect(response.status, JSON.stringify(answer)).toBe(200);
        return answer;
      };
      const byQuery = await ask(`?${new URLSearchParams(texts as [string, string][])}`, red);
      expect(byQuery).toMatchObject({
        tta: 4,
        prediction_set: { coverage: 0.99 },
        assessment: { operating_point: 'specificity-90' },
      });
      expect(await ask('', form([red], Object.fromEntries(texts)))).toEqual(byQuery);
      const body = JSON.stringify({ image: Buffer.from(red).toString('base64'), ...parameters });
      expect(await ask('', body, { 'Content-Type': 'application/json' })).toEqual(byQuery);
    }
    const strict = { image: Buffer.from(blue).toString('base64'), strict: true };
    const response = await server.postJson('/predict', strict);
    expect(response.status).toBe(422);
  });

  it('moves the class that a heat map explains', async () => {
    const photo = await jpeg([150, 140, 60]);
    const ask = async (query: string) =>
      gradcamResponseSchema.parse(
        await (await server.post(`/gradcam${query}`, photo, { Accept: 'application/json' })).json(),
      );
    for (const query of ['', '?age=90', '?age=10']) {
      const answer = await ask(query);
      expect(answer.class, query).toBe(answer.predictions[0]!.label);
    }
  });

  it.each([
    ['?age=121', 'age must be a number of years from 0 to 120'],
    ['?age=-1', 'age must be a number of years from 0 to 120'],
    ['?age=old', 'age must be a number of years from 0 to 120'],
    ['?sex=unknown', 'sex must be female or male'],
    ['?site=nose', 'site must be one of abdomen, acral, back'],
  ])('%s is refused, with what is allowed', async (query, detail) => {
    for (const path of ['/predict', '/lesion', '/gradcam']) {
      const answer = await problem(`${path}${query}`, red);
      expect(answer).toMatchObject({ type: 'urn:naevus:problem:invalid-query', status: 400 });
      expect(answer.detail).toContain(detail);
    }
  });

  it.each([
    [{ age: '121' }, '', 'age must be a number of years'],
    [{ sex: 'x' }, '', 'sex must be female or male'],
    [{ age: '50' }, '?age=50', 'age came in the query and in the body; send it once'],
  ])('%j in a form is refused too', async (fields, query, detail) => {
    const answer = await problem(`/lesion${query}`, form([red], fields as Record<string, string>));
    expect(answer).toMatchObject({ type: 'urn:naevus:problem:invalid-body', status: 400 });
    expect(answer.detail).toContain(detail);
  });
});
