import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { lesionResponseSchema } from '../src/schemas/lesion.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { batchResponseSchema, predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact, writeFixtureVersion } from './helpers/fixture-artifact.ts';
import { CASE_PICTURE } from './helpers/fixture-cases.ts';
import { BLUE, jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const VERSION = '2.0.0';

let server: ServerProcess;
let red: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  const models = writeFixtureArtifact({ version: '1.0.0' });
  writeFixtureVersion(models, { version: VERSION, assessed: true, similar: true });
  server = await startServer({ NAEVUS_MODEL_DIR: models, NAEVUS_VERSIONS: '1.0.0' });
  red = await jpeg(RED);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function predict(query: string, body = red) {
  const response = await server.post(`/predict${query}`, body);
  expect(response.status).toBe(200);
  return predictResponseSchema.parse(await response.json());
}

describe('similar cases', () => {
  it('are the nearest lesions, each with its diagnosis and where to see it', async () => {
    const { similar } = await predict('?similar=2');
    expect(similar).toEqual([
      {
        image_id: 'ISIC_0000001',
        lesion_id: 'L1',
        label: 'mel',
        confirmed_by: 'histology',
        similarity: expect.closeTo(1, 2),
        url: 'https://api.isic-archive.com/images/ISIC_0000001/',
        thumbnail: `cases/${VERSION}/ISIC_0000001.webp`,
      },
      expect.objectContaining({ image_id: 'ISIC_0000002', confirmed_by: 'confocal' }),
    ]);
    const [nearest] = (await predict('?similar=1', await jpeg(BLUE))).similar!;
    expect(nearest).toMatchObject({
      image_id: 'own #5',
      label: 'vasc',
      url: null,
      thumbnail: `cases/${VERSION}/own%20%235.webp`,
    });
    expect((await predict('?similar=10')).similar).toHaveLength(5);
  });

  it('come with the nearest of each class that cannot be excluded', async () => {
    const { similar_by_class, prediction_set } = await predict('?similar=1');
    expect(prediction_set!.labels).toEqual(['mel']);
    expect(Object.keys(similar_by_class!)).toEqual(['mel']);
    expect(similar_by_class!.mel!.image_id).toBe('ISIC_0000001');
    // Of no class of the index but these three; all have a score of at least 0.
    const wide = await predict('?similar=1&coverage=0.99');
    expect(wide.prediction_set!.labels.length).toBeGreaterThanOrEqual(1);
    for (const label of Object.keys(wide.similar_by_class!)) {
      expect(wide.prediction_set!.labels).toContain(label);
    }
  });

  it('are named for each image of a batch, and beside a heat map', async () => {
    const form = new FormData();
    form.append('image', new Blob([red]), 'a.jpg');
    form.append('image', new Blob([await jpeg(BLUE)]), 'b.jpg');
    const batch = await fetch(`${server.url}/predict?similar=1`, { method: 'POST', body: form });
    const { results } = batchResponseSchema.parse(await batch.json());
    expect(
      results.map((result) => ('similar' in result ? result.similar![0]!.label : undefined)),
    ).toEqual(['mel', 'vasc']);
    const gradcam = await server.post('/gradcam?similar=3', red, { Accept: 'application/json' });
    const answer = gradcamResponseSchema.parse(await gradcam.json());
    expect(answer.similar).toHaveLength(3);
  });

  it('of a lesion are those of its photos together, each once', async () => {
    const form = new FormData();
    form.append('image', new Blob([red]), 'a.jpg');
    form.append('image', new Blob([await jpeg([60, 110, 20])]), 'b.jpg');
    const response = await fetch(`${server.url}/lesion?similar=3`, { method: 'POST', body: form });
    const answer = lesionResponseSchema.parse(await response.json());
    const ids = answer.similar!.map(({ image_id }) => image_id);
    expect(ids).toHaveLength(3);
    expect(ids.slice(0, 2).sort()).toEqual(['ISIC_0000001', 'ISIC_0000003']);
    expect(answer.similar_by_class).toBeDefined();
  });

  it('are not searched for unless asked for', async () => {
    const answer = await predict('');
    expect(answer.similar).toBeUndefined();
    expect(answer.similar_by_class).toBeUndefined();
  });

  it.each(['0', '11', '-1', '2.5', 'all', ''])(
    'refuses similar=%s, and says why',
    async (value) => {
      const response = await server.post(`/predict?similar=${value}`, red);
      const problem = problemSchema.parse(await response.json());
      expect(problem).toMatchObject({ status: 400, type: 'urn:naevus:problem:invalid-query' });
      expect(problem.detail).toBe('similar must be a whole number from 1 to 10');
    },
  );

  it('says of a version without an index that it has none', async () => {
    // Other versions are loaded in the background.
    await expect
      .poll(async () => (await fetch(`${server.url}/model?version=1.0.0`)).status)
      .toBe(200);
    const response = await server.post('/predict?similar=3&version=1.0.0', red);
    const problem = problemSchema.parse(await response.json());
    expect(problem).toMatchObject({ status: 400, type: 'urn:naevus:problem:invalid-query' });
    expect(problem.detail).toContain('version 1.0.0 has no index of similar cases');
  });

  it('are described in /model, with whose the pictures are', async () => {
    const response = await fetch(`${server.url}/model`);
    const { similar_cases } = modelResponseSchema.parse(await response.json());
    expect(similar_cases).toMatchObject({ cases: 5, measured: { precisionAt5: 0.8 } });
    expect(similar_cases!.pictures!.attribution).toBe('Drawn by hand for tests.');
  });
});

describe('GET /cases/…', () => {
  const picture = (path: string) => fetch(`${server.url}/cases/${path}`);

  it('is the picture that thumbnail names, kept for good', async () => {
    const { similar } = await predict('?similar=1', await jpeg(BLUE));
    const response = await fetch(new URL(similar![0]!.thumbnail!, `${server.url}/predict`));
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('image/webp');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes).toEqual(CASE_PICTURE);
    expect((await sharp(bytes).metadata()).format).toBe('webp');
  });

  it.each([
    ['a case without a picture', `${VERSION}/ISIC_0000004.webp`],
    ['an image that is not in the index', `${VERSION}/ISIC_9999999.webp`],
    ['a version without an index', '1.0.0/ISIC_0000001.webp'],
    ['a version that is not served', '9.9.9/ISIC_0000001.webp'],
    ['a file of the version', `${VERSION}/..%2Fmodel.onnx`],
  ])('has none of %s', async (_, path) => {
    const response = await picture(path);
    expect(response.status).toBe(404);
    expect(problemSchema.parse(await response.json()).type).toBe('urn:naevus:problem:not-found');
  });
});
