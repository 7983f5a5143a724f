import { existsSync, readFileSync } from 'node:fs';
import { currentSchema } from '@naevus/shared/model/manifest';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from '../src/http/page/examples.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const MODELS = new URL('../../model-artifacts/', import.meta.url);
/** The data set lies beside the checkout, where it is there. */
const HAM10000 = new URL('../../../shared/data/ham10000/', import.meta.url);

const hasModel = existsSync(new URL('current.json', MODELS));
const hasData = existsSync(HAM10000);
if (!hasModel) console.warn('SKIPPED: there is no bundled model in model-artifacts/');
if (!hasData)
  console.warn('SKIPPED: ../shared/data/ham10000 is not there, the accuracy is not checked');

describe.skipIf(!hasModel)('the bundled model', () => {
  let server: ServerProcess;
  let version: string;

  beforeAll(async () => {
    version = currentSchema.parse(
      JSON.parse(readFileSync(new URL('current.json', MODELS), 'utf8')),
    ).version;
    server = await startServer({});
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  function post(path: string, body: Uint8Array<ArrayBuffer>, accept = 'application/json') {
    return server.post(path, body, { Accept: accept });
  }

  async function predict(body: Uint8Array<ArrayBuffer>) {
    const response = await post('/predict', body);
    expect(response.status).toBe(200);
    return predictResponseSchema.parse(await response.json());
  }

  const example = (id: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(readFileSync(new URL(`../src/http/page/examples/${id}.jpg`, import.meta.url)));

  it('is the current version, and its card says so', async () => {
    const model = modelResponseSchema.parse(await (await fetch(`${server.url}/model`)).json());
    expect(model.version).toBe(version);
    expect(model.card).toContain(version);
    expect(model.licence.weights).toMatch(/CC[ -]BY-NC[ -]4\.0/i);
  });

  it.each(EXAMPLES)('answers about $id', async ({ id }) => {
    const image = example(id);
    const answer = await predict(image);
    expect(answer.model.version).toBe(version);
    expect(answer.predictions.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);

    const explained = gradcamResponseSchema.parse(await (await post('/gradcam', image)).json());
    expect(explained.predictions).toEqual(answer.predictions);
    expect(explained.class).toBe(answer.predictions[0]!.label);
    expect(Math.max(...explained.heatmap.grid.flat())).toBe(1);

    const png = await (await post('/gradcam', image, 'image/png')).arrayBuffer();
    const { width, height } = await sharp(png).metadata();
    expect({ width, height, format: 'jpeg' }).toEqual(answer.image);
  });

  it('sees the same in a JPEG and in its pixels as PNG and WebP', async () => {
    const photo = example(EXAMPLES[0]!.id);
    const expected = await predict(photo);
    for (const format of ['png', 'webp'] as const) {
      const same = new Uint8Array(
        await sharp(photo).toFormat(format, { lossless: true }).toBuffer(),
      );
      const { predictions, image } = await predict(same);
      expect(image.format).toBe(format);
      expect(predictions.map(({ label }) => label)).toEqual(
        expected.predictions.map(({ label }) => label),
      );
      predictions.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(expected.predictions[i]!.score, 2);
      });
    }
  });

  it('scores a picture and its mirrored and turned ones alike over eight views, and maps them alike', async () => {
    const photo = sharp(example(EXAMPLES[0]!.id)).resize(224, 224, { fit: 'fill' });
    const file = async (image: typeof photo) => new Uint8Array(await image.png().toBuffer());
    const turned = await file(photo.clone().rotate(90));
    const upright = await file(photo.clone());
    const explain = async (tta: number, body: Uint8Array<ArrayBuffer>) =>
      gradcamResponseSchema.parse(await (await post(`/gradcam?class=mel&tta=${tta}`, body)).json());
    const melanoma = ({ predictions }: { predictions: { label: string; score: number }[] }) =>
      predictions.find(({ label }) => label === 'mel')!.score;
    const [once, onceTurned] = [await explain(1, upright), await explain(1, turned)];
    const [all, allTurned] = [await explain(8, upright), await explain(8, turned)];
    expect(Math.abs(melanoma(once) - melanoma(onceTurned))).toBeGreaterThan(1e-3);
    expect(melanoma(all)).not.toBe(melanoma(once));
    // The crop is resampled: rows before columns, each rounded, so a turned one differs in its last bits.
    expect(melanoma(allTurned)).toBeCloseTo(melanoma(all), 3);
    // A quarter turn clockwise: the lowest row comes to stand at the left.
    for (let y = 0; y < 7; y++) {
      for (let x = 0; x < 7; x++) {
        expect(allTurned.heatmap.grid[y]![x]).toBeCloseTo(all.heatmap.grid[6 - x]![y]!, 3);
      }
    }
  });

  it.skipIf(!hasData)(
    'is as good over HTTP as its report says, on images that it was not trained on',
    async () => {
      const { validation } = JSON.parse(
        readFileSync(new URL(`${version}/reports/split.json`, MODELS), 'utf8'),
      ) as { validation: string[] };
      const diagnoses = new Map(
        readFileSync(new URL('HAM10000_metadata.csv', HAM10000), 'utf8')
          .split('\n')
          .map((line) => line.split(',').slice(1, 3) as [string, string]),
      );
      const folders = ['HAM10000_images_part_1', 'HAM10000_images_part_2'];
      // The version's figures are of HAM10000; it validates on other sources besides.
      const own = validation.filter((id) => diagnoses.has(id));
      const sample = own.filter((_, i) => i % Math.floor(own.length / 150) === 0);
      let right = 0;
      for (const id of sample) {
        const file = folders
          .map((folder) => new URL(`${folder}/${id}.jpg`, HAM10000))
          .find((url) => existsSync(url))!;
        const { predictions } = await predict(new Uint8Array(readFileSync(file)));
        if (predictions[0]!.label === diagnoses.get(id)) right++;
      }
      const { metrics } = modelResponseSchema.parse(
        await (await fetch(`${server.url}/model`)).json(),
      );
      // Three standard errors of a share of so many images: swapped channels or labels miss it by far.
      const standardError = Math.sqrt((metrics.accuracy * (1 - metrics.accuracy)) / sample.length);
      expect(Math.abs(right / sample.length - metrics.accuracy)).toBeLessThan(3 * standardError);
    },
    60_000,
  );
});
