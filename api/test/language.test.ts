import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caveatsIn } from '../src/language/translate-answer.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { lesionResponseSchema } from '../src/schemas/lesion.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let red: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }) });
  red = await jpeg(RED);
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const MODEL = { taxonomy: HAM10000, manifest: { training: { dataset: 'none' } } };

describe('the language of an answer', () => {
  it('is English by default, without a word of translation', async () => {
    const response = await server.post('/predict', red);
    expect(response.headers.get('Content-Language')).toBe('en');
    const answer = predictResponseSchema.parse(await response.json());
    expect(answer.predictions[0]!.name).toBe('Melanoma');
    expect(answer.translation).toBeUndefined();
  });

  it('is what Accept-Language prefers; labels, codes and scores stay', async () => {
    const english = predictResponseSchema.parse(await (await server.post('/predict', red)).json());
    const response = await server.post('/predict', red, { 'Accept-Language': 'de-CH, en;q=0.5' });
    expect(response.headers.get('Content-Language')).toBe('de');
    expect(response.headers.get('Vary')).toContain('Accept-Language');
    const german = predictResponseSchema.parse(await response.json());
    expect(german.predictions.map(({ name: _, ...rest }) => rest)).toEqual(
      english.predictions.map(({ name: _, ...rest }) => rest),
    );
    expect(german.predictions[0]!.name).toBe('Melanom');
    const codes = ({ assessment }: typeof german) => assessment!.reasons.map(({ code }) => code);
    expect(codes(german)).toEqual(codes(english));
    expect(german.assessment!.reasons[0]!.text).toContain('Basalzellkarzinom');
    expect(german).toMatchObject(caveatsIn('de', MODEL));
    expect(german.translation).toContain('nicht von einer Klinikerin');
  });

  it('is what the query asks for, beside a heat map and for a lesion too', async () => {
    const headers = { Accept: 'application/json', 'Accept-Language': 'de' };
    const map = await server.post('/gradcam?language=fr', red, headers);
    const explained = gradcamResponseSchema.parse(await map.json());
    expect(explained.predictions[0]!.name).toBe('Mélanome');
    expect(explained.overlay).toMatch(/^data:image/);
    const photos = await server.post('/lesion?language=es', red, headers);
    const lesion = lesionResponseSchema.parse(await photos.json());
    expect(lesion).toMatchObject(caveatsIn('es', MODEL));
    const [photo] = lesion.images;
    expect('predictions' in photo! && photo.predictions.map(({ name }) => name)).toContain(
      'Nevo melanocítico',
    );
  });

  it('is one of four', async () => {
    const response = await server.post('/predict?language=it', red);
    expect(problemSchema.parse(await response.json())).toMatchObject({
      status: 400,
      detail: 'language must be one of en, de, fr, es',
    });
  });
});
