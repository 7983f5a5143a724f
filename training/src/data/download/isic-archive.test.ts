import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadDataset } from '../load/dataset.ts';
import { KNOWN_SOURCES } from '../load/source-definition.ts';
import { type FetchDatasetOptions, fetchDataset } from './fetch-dataset.ts';
import {
  type ArchivedImage,
  type ArchiveServer,
  startArchiveServer,
} from './fixtures/archive-server.ts';

const ACRAL = KNOWN_SOURCES.find(({ name }) => name === 'acral')!;
const melanoma = {
  diagnosis_1: 'Malignant',
  diagnosis_2: 'Malignant melanocytic proliferations (Melanoma)',
  diagnosis_3: 'Melanoma Invasive',
  diagnosis_4: 'Melanoma Invasive, Acral or Acral-lentiginous',
  diagnosis_confirm_type: 'histopathology',
  age_approx: 65,
  sex: 'female',
  anatom_site_general: 'palms/soles',
  lesion_id: 'IL_1',
};
const naevus = { diagnosis_1: 'Benign', diagnosis_3: 'Nevus', sex: null, melanocytic: true };

let images: ArchivedImage[];
beforeAll(async () => {
  const bytes = await Promise.all(
    [1, 2, 3].map((i) =>
      sharp({
        create: { width: 600, height: 450, channels: 3, background: { r: 60 * i, g: 9, b: 9 } },
      })
        .jpeg()
        .toBuffer(),
    ),
  );
  images = [
    { isic_id: 'ISIC_0000001', bytes: bytes[0]!, clinical: melanoma, licence: 'CC-BY' },
    { isic_id: 'ISIC_0000002', bytes: bytes[1]!, clinical: naevus, licence: 'CC-BY' },
    { isic_id: 'ISIC_0000003', bytes: bytes[2]!, clinical: naevus },
  ];
});

let folder: string;
let server: ArchiveServer;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isic-'));
  server = await startArchiveServer(images, 2);
  said = [];
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const out = () => join(folder, 'acral');
const fetching = (changes: Partial<FetchDatasetOptions> = {}) =>
  fetchDataset({
    source: ACRAL,
    out: out(),
    environment: { ISIC_API_ENDPOINT: server.endpoint },
    log: (line) => said.push(line),
    warn: (line) => said.push(line),
    check: async (directory) => {
      await loadDataset({ directory, source: ACRAL });
    },
    progress: { write: () => {} },
    waits: [1, 1],
    ...changes,
  });
const downloads = () => server.requests.filter((path) => path.startsWith('/files/'));

it('brings every page of a search, with licences and what a data set needs to know', async () => {
  await fetching();
  expect(server.requests[0]).toContain('anatom_site_general%3A%22palms%2Fsoles%22');
  expect(server.requests[0]).toContain('&collections=&limit=100');
  const { samples } = await loadDataset({ directory: out(), source: ACRAL });
  expect(samples.map(({ imageId, label, lesionId }) => [imageId, label, lesionId])).toEqual([
    ['ISIC_0000001', 'mel', 'IL_1'],
    ['ISIC_0000002', 'nv', 'ISIC_0000002'],
    ['ISIC_0000003', 'nv', 'ISIC_0000003'],
  ]);
  expect(samples[0]!.metadata).toMatchObject({
    dx_type: 'histo',
    age: '65',
    sex: 'female',
    localization: 'palms/soles',
    source: 'acral',
    copyright_license: 'CC-BY',
    attribution: 'Hospital, a "clinic"',
  });
  expect(await readFile(join(out(), 'ISIC_0000003.jpg'))).toEqual(images[2]!.bytes);
  expect(said.join('\n')).toContain('3 images: 2 CC-BY, 1 CC-0');
  expect(said.join('\n')).toContain('https://www.isic-archive.com');
});

it('takes only what is asked for', async () => {
  await fetching({ only: new Set(['ISIC_0000002', 'ISIC_9999999']) });
  expect((await readdir(out())).sort()).toEqual(['ISIC_0000002.jpg', 'metadata.csv']);
  expect(downloads()).toHaveLength(1);
});

it('tries again, and in a later call brings only what is missing', async () => {
  // One page and its two images come, then nothing does.
  const broken = (_: unknown, response: { destroy(): void }) => response.destroy();
  const dead = Array.from({ length: 9 }, () => broken as never);
  server.mischief.push(undefined, undefined, undefined, ...dead);
  await expect(fetching()).rejects.toThrow('What came is kept: run the same command again');
  const kept = (await readdir(`${out()}.unpacking`)).filter((name) => name.endsWith('.jpg'));
  expect(kept).toEqual(['ISIC_0000001.jpg', 'ISIC_0000002.jpg']);

  server.mischief.length = 0;
  server.requests.length = 0;
  await fetching();
  expect(downloads()).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['acral']);
  expect(await readdir(out())).toHaveLength(4);
});

it('does not keep an image that is shorter or longer than the archive says', async () => {
  server.mischief.push(undefined, (_, response) => response.end('short'));
  await expect(fetching({ only: new Set(['ISIC_0000001']) })).rejects.toThrow(
    `has 5 bytes where the archive says ${images[0]!.bytes.length}`,
  );
  await fetching({ only: new Set(['ISIC_0000001']) });
});

it('reduces images, and does not bring a reduced one again', async () => {
  const check = async () => {
    throw new Error('not yet');
  };
  await expect(fetching({ longestSide: 300, check })).rejects.toThrow('not yet');
  server.requests.length = 0;
  await fetching({ longestSide: 300 });
  expect(downloads()).toEqual([]);
  expect(await sharp(join(out(), 'ISIC_0000001.jpg')).metadata()).toMatchObject({
    width: 300,
    height: 225,
    format: 'jpeg',
  });
  await fetching({ longestSide: 600, out: join(folder, 'small') });
  expect(await readFile(join(folder, 'small/ISIC_0000003.jpg'))).toEqual(images[2]!.bytes);
});

it.each([
  ['another interface', { results: [] }, /does not fit[\s\S]*may have changed/],
  [
    'a name that leads out of the folder',
    {
      next: null,
      results: [
        {
          isic_id: '../../x',
          copyright_license: '',
          attribution: '',
          files: { full: { url: 'http://127.0.0.1/x', size: 1 } },
          metadata: { clinical: {} },
        },
      ],
    },
    /isic_id/,
  ],
  ['nothing that is found', { next: null, results: [] }, /finds none of the images of acral/],
])('refuses %s', async (_, answer, message) => {
  server.mischief.push((_request, response) => response.end(JSON.stringify(answer)));
  await expect(fetching()).rejects.toThrow(message);
});

it('says which diagnosis the definition does not know, and keeps the images', async () => {
  await server.close();
  const rare = { diagnosis_2: 'Benign', diagnosis_3: 'Lentigo simplex' };
  server = await startArchiveServer(
    [...images, { ...images[0]!, isic_id: 'ISIC_0000009', clinical: rare }],
    9,
  );
  await expect(fetching()).rejects.toThrow('lentigo simplex');
  expect(await readdir(`${out()}.unpacking`)).toHaveLength(5);
});
