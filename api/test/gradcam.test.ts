import { DISCLAIMER } from '@naevus/shared/disclaimer';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { cornered, jpeg, plain, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function bytesOf(image: Sharp): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await image.toBuffer());
}

function post(query: string, body: Uint8Array<ArrayBuffer>, accept?: string): Promise<Response> {
  const headers = accept === undefined ? {} : { Accept: accept };
  return server.post(`/gradcam${query}`, body, headers);
}

async function json(query: string, body: Uint8Array<ArrayBuffer>) {
  const response = await post(query, body, 'application/json');
  expect(response.status).toBe(200);
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  return gradcamResponseSchema.parse(await response.json());
}

/** RGB of a picture at a place given in parts of its sides. */
async function pixel(png: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * 3;
  return [...data.subarray(at, at + 3)];
}

describe('as JSON', () => {
  it('has the grid where the evidence lies, y before x', async () => {
    const answer = await json('?class=mel', await bytesOf(cornered().png()));
    const { grid, max, geometry } = answer.heatmap;
    expect(answer.class).toBe('mel');
    expect(geometry).toBe('squash');
    // The first field is all red: cam = 6 r - 3 g - 3 b of the fixture's network.
    expect(max).toBeCloseTo((6 * RED[0] - 3 * RED[1] - 3 * RED[2]) / 255, 1);
    expect(grid).toHaveLength(7);
    expect(grid[0]![0]).toBe(1);
    const wide = await json(
      '?class=mel',
      await bytesOf(cornered(400, 100).extend({ right: 400, background: '#787878' }).png()),
    );
    // Half as wide now, as high as before: a transposed map would be hot in the other place.
    expect(wide.heatmap.grid[1]![0]).toBeGreaterThan(0.4);
    expect(wide.heatmap.grid[0]![1]).toBeLessThan(0.1);
  });

  it('has the same members as a prediction, and the same scores', async () => {
    const body = await jpeg();
    const { class: label, heatmap, overlay, ...prediction } = await json('', body);
    const response = await fetch(`${server.url}/predict`, { method: 'POST', body });
    const expected = predictResponseSchema.parse(await response.json());
    expect(predictResponseSchema.parse(prediction).predictions).toEqual(expected.predictions);
    expect([label, heatmap.max > 0, overlay.length > 100]).toEqual(['mel', true, true]);
  });

  it('has a finer grid by dense-grad-cam, with the same scores', async () => {
    // The patch covers the upper left quarter of each side: three and a half of fourteen cells.
    const body = await bytesOf(cornered().png());
    const dense = await json('?class=mel&method=dense-grad-cam', body);
    const { heatmap } = await json('?class=mel', body);
    expect([heatmap.method, dense.heatmap.method]).toEqual(['grad-cam', 'dense-grad-cam']);
    expect(dense.heatmap.grid.map(({ length }) => length)).toEqual(Array(14).fill(14));
    for (const [y, row] of dense.heatmap.grid.entries()) {
      for (const [x, heat] of row.entries()) {
        if (y < 3 && x < 3) expect(heat).toBeGreaterThan(0.95);
        if (y > 4 || x > 4) expect(heat).toBeLessThan(0.05);
      }
    }
    expect(dense.predictions).toEqual((await json('', body)).predictions);
  });

  it('says how much of the map speaks for the class', async () => {
    const all = await json('?class=mel', await jpeg());
    expect(all.heatmap.share).toBe(1);
    expect((await json('?class=nv', await jpeg())).heatmap.share).toBe(0);
    // Of 49 cells, 3.06 are of the patch; grey speaks neither for melanoma nor against it.
    const { heatmap } = await json('?class=akiec', await bytesOf(cornered().png()));
    expect(heatmap.share).toBeGreaterThan(0.9);
  });

  it('averages over views, and puts the maps of each back', async () => {
    const body = await bytesOf(cornered(320, 240).png());
    const once = await json('?class=mel', body);
    expect(once.tta).toBeUndefined();
    for (const tta of [4, 8] as const) {
      const answer = await json(`?class=mel&tta=${tta}`, body);
      expect(answer.tta).toBe(tta);
      // The fixture's network sees the same in every view, so that only a wrong way back moves the map.
      expect(answer.heatmap.grid[0]![0]).toBe(1);
      for (const [i, heat] of answer.heatmap.grid.flat().entries()) {
        expect(heat).toBeCloseTo(once.heatmap.grid.flat()[i]!, 3);
      }
    }
  });

  it('has a small overlay at the aspect of the image', async () => {
    for (const [width, height] of [
      [800, 600],
      [300, 900],
      [90, 60],
    ] as const) {
      const { overlay } = await json('', await jpeg(RED, width, height));
      const png = Buffer.from(overlay.slice('data:image/png;base64,'.length), 'base64');
      const size = await sharp(png).metadata();
      expect(size.format).toBe('png');
      expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(224);
      expect(size.width / size.height).toBeCloseTo(width / height, 1);
    }
  });

  it('explains the class that is asked for', async () => {
    const body = await bytesOf(cornered().png());
    const answer = await json('?class=nv', body);
    expect(answer.class).toBe('nv');
    expect(answer.heatmap.grid[0]![0]).toBe(0);
    expect(answer.predictions[0]!.label).toBe((await json('', body)).predictions[0]!.label);
  });

  it('has an empty map where nothing speaks for the class', async () => {
    const { heatmap } = await json('?class=bkl', await jpeg());
    expect(heatmap.max).toBe(0);
    expect(heatmap.grid.flat()).toEqual(Array.from({ length: 49 }, () => 0));
  });
});

describe('as PNG', () => {
  it.each([undefined, '*/*', 'image/png', 'image/*, application/json;q=0.5'])(
    'for %j',
    async (accept) => {
      const response = await post('', await jpeg(RED, 500, 400), accept);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/png',
        'cache-control': 'no-store',
        'x-model-version': '0.0.1',
        'x-predicted-class': 'mel',
        'x-heatmap-class': 'mel',
        'x-heatmap-method': 'grad-cam',
        'x-heatmap-share': '1.000',
        'x-disclaimer': DISCLAIMER,
      });
      const { width, height, format } = await sharp(await response.arrayBuffer()).metadata();
      expect({ width, height, format }).toEqual({ width: 500, height: 400, format: 'png' });
    },
  );

  it('has a colour bar below it where it is asked for', async () => {
    const body = await jpeg(RED, 500, 400);
    const bare = Buffer.from(await (await post('', body)).arrayBuffer());
    const response = await post('?legend=true&tta=4', body);
    expect(response.headers.get('X-Tta')).toBe('4');
    const legend = Buffer.from(await response.arrayBuffer());
    const { width, height } = await sharp(legend).metadata();
    expect(width).toBe(500);
    expect(height).toBeGreaterThan(430);
    const above = await sharp(legend).extract({ left: 0, top: 0, width: 500, height: 400 }).raw();
    expect(await above.toBuffer()).toEqual(await sharp(bare).raw().toBuffer());
  });

  it('is at most 1024 on its long side', async () => {
    const response = await post('', await bytesOf(plain(RED, 1300, 2600).png()));
    const { width, height } = await sharp(await response.arrayBuffer()).metadata();
    expect([width, height]).toEqual([512, 1024]);
  });

  it('is the photo with the map over it: hot where the evidence lies, the photo elsewhere', async () => {
    const body = await bytesOf(cornered(320, 240).png());
    const image = async (alpha: number) =>
      Buffer.from(await (await post(`?class=mel&alpha=${alpha}`, body)).arrayBuffer());
    const bare = await image(0);
    const covered = await image(1);
    expect(await pixel(bare, 0.05, 0.05)).toEqual([...RED]);
    // The hottest colour of viridis.
    expect(await pixel(covered, 0.05, 0.05)).toEqual([0xfd, 0xe7, 0x25]);
    for (const png of [bare, covered]) expect(await pixel(png, 0.9, 0.9)).toEqual([120, 120, 120]);
  });

  it('is turned as displayed, with nothing of the metadata', async () => {
    // Stored with the patch at the top left; orientation 6 shows it at the top right.
    const body = await bytesOf(
      cornered(320, 240)
        .withMetadata({ orientation: 6 })
        .withExifMerge({ IFD0: { Artist: 'someone' }, IFD3: { GPSLatitudeRef: 'N' } })
        .jpeg({ quality: 95 }),
    );
    expect(Buffer.from(body).includes('someone')).toBe(true);
    const png = Buffer.from(await (await post('?alpha=0', body)).arrayBuffer());
    const metadata = await sharp(png).metadata();
    expect([metadata.width, metadata.height]).toEqual([240, 320]);
    expect(metadata.exif).toBeUndefined();
    expect(png.includes('someone')).toBe(false);
    const [red, green] = await pixel(png, 0.95, 0.05);
    expect(red! - green!).toBeGreaterThan(150);
    const { heatmap } = await json('?class=mel', body);
    expect(heatmap.grid[0]![6]).toBe(1);
  });
});

describe('of a version that is shown the middle of a picture', () => {
  // Of 320 x 240 pixels, a margin of 32 x 24 on each side is not seen, and cells of the map are 36.6 x 27.4.
  const CROP = 0.8;
  let cropped: ServerProcess;

  beforeAll(async () => {
    cropped = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact({ crop: CROP }) });
  });

  afterAll(async () => {
    expect(await cropped.stop()).toBe(0);
  });

  /** Grey with a red patch, in pixels of a picture of 320 x 240. */
  async function patched(left: number, top: number, width: number, height: number) {
    const patch = plain(RED, width, height);
    return bytesOf(
      plain([120, 120, 120])
        .composite([{ input: await patch.png().toBuffer(), left, top }])
        .png(),
    );
  }

  async function answers(body: Uint8Array<ArrayBuffer>) {
    const response = await cropped.post('/gradcam?class=mel', body, { Accept: 'application/json' });
    return gradcamResponseSchema.parse(await response.json());
  }

  it('says which part of the picture the grid covers, and finds a patch there', async () => {
    // The whole of the second row's sixth cell.
    const { heatmap } = await answers(await patched(214, 51, 39, 29));
    expect(heatmap).toMatchObject({ geometry: 'centre-crop', crop: CROP });
    expect(heatmap.grid[1]![5]).toBe(1);
    expect(heatmap.grid[1]!.findIndex((heat) => heat > 0.3)).toBe(5);
  });

  it('does not see what is outside', async () => {
    const margin = await patched(0, 0, 30, 240);
    const answer = await answers(margin);
    expect(answer.heatmap.max).toBeLessThan(0.05);
    expect(answer.predictions).toEqual((await answers(await patched(0, 0, 1, 1))).predictions);
    expect((await json('?class=mel', margin)).heatmap.max).toBeGreaterThan(1);
  });

  it('lays the map over the whole picture, with no heat outside of what was seen', async () => {
    const body = await jpeg();
    const png = async (accept: string) => {
      const response = await cropped.post('/gradcam?class=mel&alpha=1', body, { Accept: accept });
      if (accept === 'image/png') return Buffer.from(await response.arrayBuffer());
      const { overlay } = (await response.json()) as { overlay: string };
      return Buffer.from(overlay.slice('data:image/png;base64,'.length), 'base64');
    };
    for (const accept of ['image/png', 'application/json']) {
      const overlay = await png(accept);
      const { width, height } = await sharp(overlay).metadata();
      expect(width / height).toBeCloseTo(320 / 240, 5);
      for (const [x, y] of [
        [0.08, 0.5],
        [0.92, 0.5],
        [0.5, 0.08],
        [0.5, 0.92],
      ] as const) {
        const [red, green] = await pixel(overlay, x, y);
        expect(red! - green!).toBeGreaterThan(180);
      }
      // The hottest colour of viridis.
      for (const place of [0.12, 0.88]) {
        expect(await pixel(overlay, place, place)).toEqual([0xfd, 0xe7, 0x25]);
      }
    }
  });

  it('takes tensors as they come, and tells of the crop with files', async () => {
    const explain = async (tensor: object) => {
      const request = { inputs: [{ name: 'image', ...tensor }], parameters: { class: 'mel' } };
      const path = '/v2/models/naevus-fixture/explain';
      const response = await fetch(`${cropped.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(request),
      });
      const { parameters, outputs } = (await response.json()) as {
        parameters: { crop?: number };
        outputs: { name: string; data: number[] }[];
      };
      const heatmap = outputs.find(({ name }) => name === 'heatmap')!.data;
      return { parameters, heatmap };
    };
    const pixels = await cornered(224, 224).removeAlpha().raw().toBuffer();
    const tensor = await explain({
      datatype: 'UINT8',
      shape: [1, 224, 224, 3],
      data: [...pixels],
    });
    expect(tensor.parameters.crop).toBeUndefined();
    expect(tensor.heatmap[0]).toBe(1);
    const file = (await patched(0, 0, 30, 240)) as Uint8Array;
    const data = [Buffer.from(file).toString('base64')];
    const whole = await explain({ datatype: 'BYTES', shape: [1], data });
    expect(whole.parameters.crop).toBe(CROP);
  });
});
