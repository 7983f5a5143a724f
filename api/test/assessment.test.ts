import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAM10000_TEXTS } from '../src/language/ham10000.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { batchResponseSchema, predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { expectedScores, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

let assessed: ServerProcess;
let plain: ServerProcess;
let red: Uint8Array<ArrayBuffer>;
let blue: Uint8Array<ArrayBuffer>;
let dark: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  assessed = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }) });
  plain = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  red = await jpeg(RED);
  blue = await jpeg(BLUE);
  dark = await jpeg([24, 4, 0]);
});

afterAll(async () => {
  expect(await assessed.stop()).toBe(0);
  expect(await plain.stop()).toBe(0);
});

async function predict(query: string, body = red, server = assessed) {
  const response = await server.post(`/predict${query}`, body);
  expect(response.status).toBe(200);
  return predictResponseSchema.parse(await response.json());
}

async function problem(path: string, body: Uint8Array<ArrayBuffer>, server = assessed) {
  const response = await server.post(path, body);
  return problemSchema.parse(await response.json());
}

const scoreOf = (answer: Awaited<ReturnType<typeof predict>>) =>
  new Map(answer.predictions.map(({ label, score }) => [label, score]));

describe('an assessed answer', () => {
  it('says how far it goes, beside its scores', async () => {
    const answer = await predict('');
    expect(answer.limits).toBe(HAM10000_TEXTS.en.limits);
    expect(answer.prior.name).toBe('uniform');
    const scores = scoreOf(answer);
    const malignant = scores.get('mel')! + scores.get('bcc')! + scores.get('akiec')!;
    expect(answer.assessment).toMatchObject({
      malignant_score: expect.closeTo(malignant, 9),
      threshold: 0.3,
      operating_point: 'melanoma-sensitivity-95',
      flagged: true,
      triage: 'refer',
      abstained: false,
    });
    expect(answer.assessment!.reasons[0]).toMatchObject({ code: 'far-above-threshold' });
    expect(answer.prediction_set).toEqual({ coverage: 0.9, labels: ['mel'] });
    expect(answer.in_distribution).toMatchObject({ passed: true, threshold: 0.5 });
    expect(answer.in_distribution!.distance).toBeLessThan(0.1);
    expect(answer.quality).toMatchObject({
      passed: true,
      checks: [
        { check: 'brightness', min: 0.08, passed: true },
        { check: 'colour', max: 1e6, passed: true },
      ],
    });
  });

  it('gives larger sets for more coverage, and cuts at the point asked for', async () => {
    const { prediction_set, assessment } = await predict(
      '?coverage=0.99&operating_point=melanoma-sensitivity-98',
    );
    expect(prediction_set!.coverage).toBe(0.99);
    expect(prediction_set!.labels.length).toBeGreaterThan(1);
    expect(assessment).toMatchObject({
      operating_point: 'melanoma-sensitivity-98',
      threshold: 0.2,
    });
  });

  it('abstains where the picture is like none that was trained on', async () => {
    const { assessment, in_distribution, predictions } = await predict('', blue);
    expect(in_distribution).toMatchObject({ passed: false });
    expect(assessment).toMatchObject({ abstained: true, flagged: true, triage: 'review' });
    expect(assessment!.reasons.map(({ code }) => code)).toEqual(['out-of-distribution']);
    expect(predictions[0]!.label).toBe('vasc');
  });

  it('abstains where the picture is too dark', async () => {
    const { assessment, quality } = await predict('', dark);
    expect(quality!.passed).toBe(false);
    expect(assessment).toMatchObject({ abstained: true, flagged: true });
    expect(assessment!.reasons[0]).toMatchObject({ code: 'too-dark' });
  });

  it('is a 422 instead where it is asked for strictly, with the reason and no score', async () => {
    const refused = await problem('/predict?strict=true', blue);
    expect(refused).toMatchObject({
      type: 'urn:naevus:problem:abstained',
      status: 422,
      detail: expect.stringContaining('dermatoscopic'),
      assessment: { abstained: true },
      in_distribution: { passed: false },
    });
    expect(JSON.stringify(refused)).not.toMatch(/malignant_score|predictions/);
    expect((await problem('/gradcam?strict=true', blue)).status).toBe(422);
    expect((await predict('?strict=true')).assessment!.abstained).toBe(false);
  });

  it('is an error in its own place in a strict batch', async () => {
    const form = new FormData();
    for (const image of [red, blue]) form.append('image', new Blob([image]), 'photo.jpg');
    const response = await fetch(`${assessed.url}/predict?strict=true`, {
      method: 'POST',
      body: form,
    });
    const { results, limits } = batchResponseSchema.parse(await response.json());
    expect(limits).toBe(HAM10000_TEXTS.en.limits);
    expect(results[0]).toHaveProperty('assessment.abstained', false);
    expect(results[1]).toMatchObject({ error: { type: 'urn:naevus:problem:abstained' } });
  });

  it('goes with the heat map, and in words with its picture', async () => {
    const json = await assessed.post('/gradcam', red, { Accept: 'application/json' });
    const explained = gradcamResponseSchema.parse(await json.json());
    const { assessment, prediction_set, quality, in_distribution } = await predict('');
    expect(explained).toMatchObject({ assessment, prediction_set, quality, in_distribution });
    const png = await assessed.post('/gradcam', blue);
    expect(png.headers.get('X-Triage')).toBe('review');
    expect(png.headers.get('X-Abstained')).toBe('true');
  });

  it('is described by the model, with what the points are worth', async () => {
    const model = modelResponseSchema.parse(await (await fetch(`${assessed.url}/model`)).json());
    expect(model.thresholds['melanoma-sensitivity-95']).toBe(0.3);
    expect(
      model.assessment!.triage.operatingPoints['melanoma-sensitivity-95']!.melanomaSensitivity!
        .value,
    ).toBe(0.9);
    expect(model.model_limits).toBe(HAM10000_TEXTS.en.limits);
  });
});

describe('a prior', () => {
  const wanted = { akiec: 0.02, bcc: 0.03, bkl: 0.05, df: 0.05, mel: 0.05, nv: 0.75, vasc: 0.05 };
  const query = `?prior=${LABELS.map((label) => wanted[label]).join(',')}`;

  it('re-weights the scores by Bayes, and leaves the assessment as it is', async () => {
    const [before, after] = [await predict(''), await predict(query)];
    expect(after.prior).toMatchObject({ name: 'custom' });
    const weighed = expectedScores(...RED).map((s, k) => s * wanted[LABELS[k]!]);
    const total = weighed.reduce((sum, value) => sum + value, 0);
    const scores = scoreOf(after);
    LABELS.forEach((label, k) => {
      expect(scores.get(label)).toBeCloseTo(weighed[k]! / total, 2);
    });
    expect(after.assessment).toEqual(before.assessment);
    expect(after.prediction_set).toEqual(before.prediction_set);
  });

  it('moves the class that is explained', async () => {
    const rare = LABELS.map((label) => (label === 'mel' ? 1e-6 : (1 - 1e-6) / 6)).map((share) =>
      share.toFixed(9),
    );
    const explained = gradcamResponseSchema.parse(
      await (
        await assessed.post(`/gradcam?prior=${rare}`, red, { Accept: 'application/json' })
      ).json(),
    );
    expect(explained.class).not.toBe('mel');
    expect(explained.class).toBe(explained.predictions[0]!.label);
  });

  it('is understood without an assessment, too', async () => {
    const [own, named] = [
      await predict('', red, plain),
      await predict('?prior=uniform', red, plain),
    ];
    expect(named.predictions).toEqual(own.predictions);
    expect((await predict(query, red, plain)).prior.probabilities.nv).toBeCloseTo(0.75, 9);
  });

  it.each(['?prior=clinic', '?prior=0.5,0.5', '?prior=training'])('refuses %s', async (wrong) => {
    const { status, detail } = await problem(`/predict${wrong}`, red);
    expect(status).toBe(400);
    expect(detail).toContain('prior');
  });
});

describe('a version that was not fitted', () => {
  it('answers without what it does not have', async () => {
    const answer = await predict('', red, plain);
    for (const member of ['assessment', 'prediction_set', 'quality', 'in_distribution']) {
      expect(answer).not.toHaveProperty(member);
    }
    expect(answer.limits).toBe(HAM10000_TEXTS.en.limits);
  });

  it.each(['coverage=0.9', 'operating_point=specificity-90', 'strict=true'])(
    'says that it cannot keep %s',
    async (query) => {
      const { status, detail } = await problem(`/predict?${query}`, red, plain);
      expect(status).toBe(400);
      expect(detail).toContain(`version 0.0.1 has no`);
      expect(detail).toContain(query.split('=')[0]);
    },
  );
});
