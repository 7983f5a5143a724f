import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { loadDataset } from '../load/dataset.ts';
import { KNOWN_SOURCES, type SourceDefinition } from '../load/source-definition.ts';
import { type FetchDatasetOptions, fetchDataset } from './fetch-dataset.ts';

const TRUTH = `lesion_id,AKIEC,BCC,BEN_OTH,BKL,DF,INF,MAL_OTH,MEL,NV,SCCKA,VASC
IL_1,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0,0.0,0.0
IL_2,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,0.0
`;
const METADATA = `lesion_id,image_type,isic_id,attribution,copyright_license,age_approx,sex,skin_tone_class,site
IL_1,clinical: close-up,ISIC_0000001,MILK study team,CC-BY-NC,60,male,4,trunk
IL_1,dermoscopic,ISIC_0000002,MILK study team,CC-BY-NC,60,male,4,trunk
IL_2,clinical: close-up,ISIC_0000003,MILK study team,CC-BY-NC,,,3,foot
IL_2,dermoscopic,ISIC_0000004,MILK study team,CC-BY-NC,,,3,foot
`;
const PAD = `patient_id,lesion_id,age,gender,region,diagnostic,img_id,biopsed
PAT_8,15,70,MALE,FACE,BCC,PAT_8_15_820.png,True
PAT_9,16,30,FEMALE,ARM,NEV,PAT_9_16_11.png,False
`;

let folder: string;
let files: Record<string, Buffer>;
let requests: string[];
let server: ReturnType<typeof createServer>;
let endpoint: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copies-'));
  requests = [];
  server = createServer(({ url }, response) => {
    requests.push(url!);
    const file = files[url!.slice(1)];
    if (file) response.end(file);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const picture = (red: number) =>
  sharp({ create: { width: 320, height: 240, channels: 3, background: { r: red, g: 9, b: 9 } } })
    .png()
    .toBuffer();

async function zip(entries: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(entries)) archive.addBuffer(content, name);
  archive.end();
  return buffer(archive.outputStream);
}

/** The committed source, its files at the test's server. */
function sourceAt(name: string): SourceDefinition {
  const source = KNOWN_SOURCES.find((one) => one.name === name)!;
  const file = source.download!.from === 'pad-ufes-20' ? '/pad.zip' : '';
  return { ...source, download: { ...source.download!, url: `${endpoint}${file}` } } as never;
}

async function fetching(name: string, changes: Partial<FetchDatasetOptions> = {}) {
  const source = sourceAt(name);
  const out = join(folder, name);
  await fetchDataset({
    source,
    out,
    environment: {},
    log: () => {},
    warn: () => {},
    check: async (directory) => {
      await loadDataset({ directory, source });
    },
    progress: { write: () => {} },
    waits: [1],
    ...changes,
  });
  return loadDataset({ directory: out, source });
}

async function offerMilk10k() {
  const at = (lesion: number, image: number) =>
    `MILK10k_Training_Input/IL_${lesion}/ISIC_000000${image}.jpg`;
  files = {
    'MILK10k_Training_GroundTruth.csv': Buffer.from(TRUTH),
    'MILK10k_Training_Metadata.csv': Buffer.from(METADATA),
    'MILK10k_Training_Input.zip': await zip({
      [at(1, 1)]: await picture(10),
      [at(1, 2)]: await picture(20),
      [at(2, 3)]: await picture(30),
      [at(2, 4)]: await picture(40),
    }),
  };
}

it('takes each source out of the MILK10k files, which come once', async () => {
  await offerMilk10k();
  const milk = await fetching('milk10k', { keepArchive: true });
  expect(milk.samples).toMatchObject([
    {
      imageId: 'ISIC_0000002',
      label: 'mel',
      lesionId: 'IL_1',
      metadata: { age: '60', localization: 'trunk', skin_tone: '4', copyright_license: 'CC-BY-NC' },
    },
  ]);
  expect(milk.others).toEqual([]);
  const others = await fetching('other-diagnoses', { keepArchive: true });
  expect(others.samples).toEqual([]);
  expect(others.others).toMatchObject([{ imageId: 'ISIC_0000004', diagnosis: 'sccka' }]);
  const closeUps = await fetching('close-ups');
  expect(closeUps.samples.map(({ imageId }) => imageId)).toEqual(['ISIC_0000001']);
  expect(requests).toHaveLength(3);
  expect((await readdir(folder)).sort()).toEqual(['close-ups', 'milk10k', 'other-diagnoses']);
});

it('refuses a table with two diagnoses for a lesion, and one without its lesion', async () => {
  await offerMilk10k();
  files['MILK10k_Training_GroundTruth.csv'] = Buffer.from(TRUTH.replace('0.0,1.0', '1.0,1.0'));
  await expect(fetching('milk10k')).rejects.toThrow('line 2: 2 diagnoses, not one');
  await rm(join(folder, 'MILK10k_Training_GroundTruth.csv'));
  files['MILK10k_Training_GroundTruth.csv'] = Buffer.from(TRUTH.replace('IL_2', 'IL_3'));
  await expect(fetching('milk10k')).rejects.toThrow('line 4: no image of a lesion');
});

it('says what to do where a file is not there any more', async () => {
  files = {};
  await expect(fetching('milk10k')).rejects.toThrow(/answers 404/);
});

it('unpacks the archives in the archive of PAD-UFES-20', async () => {
  files = {
    'pad.zip': await zip({
      'zr7vgbcyr2-1/metadata.csv': Buffer.from(PAD),
      'zr7vgbcyr2-1/images/imgs_part_1.zip': await zip({
        'imgs_part_1/PAT_8_15_820.png': await picture(10),
      }),
      'zr7vgbcyr2-1/images/imgs_part_2.zip': await zip({
        'imgs_part_2/PAT_9_16_11.png': await picture(20),
      }),
    }),
  };
  const { samples, others } = await fetching('phone', { longestSide: 224 });
  expect(samples).toEqual([]);
  expect(others.map(({ imageId, lesionId }) => [imageId, lesionId])).toEqual([
    ['PAT_8_15_820', 'PAT_8_15'],
    ['PAT_9_16_11', 'PAT_9_16'],
  ]);
  expect((await sharp(others[0]!.path).metadata()).width).toBe(224);
  expect(await readdir(folder)).toEqual(['phone']);
});

it('says what to do for a source that cannot be downloaded', async () => {
  const { download: _, ...source } = KNOWN_SOURCES[1]!;
  await expect(fetching('milk10k', { source })).rejects.toThrow('name a copy with --from');
});
