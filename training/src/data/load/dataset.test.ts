import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomPicture } from '../fixtures/random-picture.ts';
import { DataError, describeProblem } from './data-error.ts';
import { type Dataset, digestSamples, joinDatasets, loadDataset } from './dataset.ts';
import {
  KNOWN_SOURCES,
  readSourceDefinition,
  type SourceDefinition,
  sourceDefinitionSchema,
} from './source-definition.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const picture = (seed: number) => randomPicture(seed).jpeg().toBuffer();

async function put(path: string, content: string | Uint8Array): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
}

/** Seven images in Kaggle's layout, one a class, two of one lesion. */
async function kaggle(): Promise<void> {
  const rows = LABELS.map(
    (label, i) => `HAM_${Math.min(i, 5)},ISIC_${i},${label},histo,80.0,male,back`,
  );
  await put(
    'HAM10000_metadata.csv',
    `lesion_id,image_id,dx,dx_type,age,sex,localization\n${rows.join('\n')}\n`,
  );
  for (const i of LABELS.keys())
    await put(`HAM10000_images_part_${1 + (i % 2)}/ISIC_${i}.jpg`, await picture(i));
}

async function errorOf(load: Promise<Dataset>): Promise<DataError> {
  const error = await load.then(
    () => new Error('it loaded'),
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error;
  throw error;
}

describe('loadDataset', () => {
  it("reads Kaggle's layout", async () => {
    await kaggle();
    const { samples, problems } = await loadDataset({ directory: folder });
    expect(problems).toEqual([]);
    expect(samples.map(({ imageId }) => imageId)).toEqual(LABELS.map((_, i) => `ISIC_${i}`));
    expect(samples.map(({ label }) => label)).toEqual([...LABELS]);
    expect(samples[3]).toEqual({
      imageId: 'ISIC_3',
      path: join(folder, 'HAM10000_images_part_2', 'ISIC_3.jpg'),
      label: 'df',
      lesionId: 'HAM_3',
      metadata: { dx_type: 'histo', age: '80.0', sex: 'male', localization: 'back' },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: '',
    });
  });

  it("takes one of Kaggle's two copies of each folder, and says so", async () => {
    await kaggle();
    const once = await loadDataset({ directory: folder });
    await cp(
      join(folder, 'HAM10000_images_part_1'),
      join(folder, 'copy', 'ham10000_images_part_1'),
      { recursive: true },
    );
    await put('hmnist_28_28_L.csv', 'pixel0000\n1\n');
    const twice = await loadDataset({ directory: folder });
    expect(twice.problems).toMatchObject([
      { kind: 'repeated-file', count: 4, examples: ['ISIC_0', 'ISIC_2', 'ISIC_4', 'ISIC_6'] },
      { kind: 'left-out-file', leftOut: [{ path: join(folder, 'hmnist_28_28_L.csv') }] },
    ]);
    expect(twice.samples).toHaveLength(7);
    expect(twice.dataSha256).toBe(once.dataSha256);
  });

  it('reads any folder and CSV, extensions in any case, folders in folders, and links', async () => {
    await put('images/a.JPG', await picture(1));
    await put('images/deep/b.Png', await randomPicture(2).png().toBuffer());
    await put('images/c.webp', await randomPicture(3).webp().toBuffer());
    await put('images/d.jpeg', await picture(4));
    await put('images/._a.JPG', 'left by macOS');
    await put('images/__MACOSX/z.jpg', 'left by macOS');
    await put('images/notes.txt', 'x');
    await symlink('..', join(folder, 'images', 'deep', 'around'));
    await put('elsewhere/e.jpg', await picture(5));
    await symlink(join(folder, 'elsewhere'), join(folder, 'images', 'linked'));
    await put('labels/my.csv', 'image_id,dx\nb.png,mel\na,nv\nc,nv\nd,df\ne,bcc\n');
    const { samples, problems } = await loadDataset({
      directory: join(folder, 'images'),
      metadata: join(folder, 'labels', 'my.csv'),
    });
    expect(samples.map(({ imageId, label }) => `${imageId} ${label}`)).toEqual([
      'a nv',
      'b mel',
      'c nv',
      'd df',
      'e bcc',
    ]);
    expect(samples[0]!.lesionId).toBeNull();
    expect(problems.map(describeProblem)).toEqual([
      expect.stringMatching(/^left out 4: .*__MACOSX.*notes\.txt/),
    ]);
  });

  it('digests content, whatever its order and place', async () => {
    await put('one/a.jpg', await picture(1));
    await put('one/b.jpg', await picture(2));
    await put('one/labels.csv', 'image_id,dx,lesion_id\na,nv,L1\nb,mel,L2\n');
    const digest = async (directory: string) =>
      (await loadDataset({ directory: join(folder, directory) })).dataSha256;
    const original = await digest('one');

    await put('two/labels.csv', '\uFEFFdx,note,lesion_id,image_id\r\nMEL,x,L2,b\r\nnv,y,L1,a\r\n');
    await put('two/sub/b.JPEG', await picture(2));
    await put('two/a.jpg', await picture(1));
    expect(await digest('two')).toBe(original);

    await put('two/labels.csv', 'image_id,dx,lesion_id\na,nv,L1\nb,nv,L2\n');
    const relabelled = await digest('two');
    await put('two/labels.csv', 'image_id,dx,lesion_id\na,nv,L1\nb,mel,L1\n');
    const relesioned = await digest('two');
    await put('two/labels.csv', 'image_id,dx,lesion_id\na,nv,L1\nb,mel,L2\n');
    await put('two/a.jpg', await picture(3));
    const redrawn = await digest('two');
    expect(new Set([original, relabelled, relesioned, redrawn]).size).toBe(4);
  });

  it.each([
    ['HAM10000_metadata', ','],
    ['HAM10000_metadata.tab', '\t'],
    ['HAM10000_metadata.csv', ';'],
    ['metadata.tsv', '\t'],
    ['labels.TSV', '\t'],
  ])('finds %s', async (name, delimiter) => {
    await put('a.jpg', await picture(1));
    await put(name, `\uFEFFimage_id|dx|lesion_id\r\na|nv|L1\r\n`.replaceAll('|', delimiter));
    const { samples, problems } = await loadDataset({ directory: folder });
    expect(samples).toMatchObject([{ imageId: 'a', label: 'nv', lesionId: 'L1' }]);
    expect(problems).toEqual([]);
  });

  it('reads what a spreadsheet saves as Unicode text', async () => {
    await put('a.jpg', await picture(1));
    await put('metadata.txt', Buffer.from('\uFEFFimage_id\tdx\r\na\tnv\r\n', 'utf16le'));
    expect((await loadDataset({ directory: folder })).samples).toHaveLength(1);
  });

  it('chooses the CSV by name, or as the only one', async () => {
    await put('a.jpg', await picture(1));
    await put('odd.CSV', 'image_id,dx\na,nv\n');
    expect((await loadDataset({ directory: folder })).samples[0]!.label).toBe('nv');
    await put('other.csv', 'image_id,dx\na,mel\n');
    const error = await errorOf(loadDataset({ directory: folder }));
    expect(error.problems).toEqual([
      { kind: 'missing-metadata', path: folder, found: ['odd.CSV', 'other.csv'] },
    ]);
    await put('metadata.csv', 'image_id,dx\na,df\n');
    expect((await loadDataset({ directory: folder })).samples[0]!.label).toBe('df');
  });
});

describe('what is wrong is named', () => {
  it('a missing folder', async () => {
    const path = join(folder, 'none');
    expect((await errorOf(loadDataset({ directory: path }))).problems).toEqual([
      { kind: 'missing-folder', path },
    ]);
    await put('file', '');
    const file = join(folder, 'file');
    expect(await errorOf(loadDataset({ directory: file }))).toMatchObject({
      kind: 'missing-folder',
    });
  });

  it('missing metadata', async () => {
    expect((await errorOf(loadDataset({ directory: folder }))).problems).toEqual([
      { kind: 'missing-metadata', path: folder, found: [] },
    ]);
    const metadata = join(folder, 'none.csv');
    const error = await errorOf(loadDataset({ directory: folder, metadata }));
    expect(error.problems).toEqual([{ kind: 'missing-metadata', path: metadata, found: [] }]);
    expect(error.message).toContain(metadata);
  });

  it('metadata that are not text', async () => {
    await put('metadata.csv', await picture(1));
    expect(await errorOf(loadDataset({ directory: folder }))).toMatchObject({
      kind: 'malformed-csv',
    });
  });

  it('what the CSV holds', async () => {
    await put('metadata.csv', 'image_id,diagnosis\na,nv\n');
    expect(await errorOf(loadDataset({ directory: folder }))).toMatchObject({
      kind: 'missing-column',
    });
    await put('metadata.csv', 'image_id,dx\na,scc\n');
    expect(await errorOf(loadDataset({ directory: folder }))).toMatchObject({
      kind: 'unknown-label',
    });
  });

  it('images without rows and rows without images, both at once, counted', async () => {
    for (let i = 0; i < 9; i++) await put(`x${i}.jpg`, await picture(i));
    await put('metadata.csv', 'image_id,dx\nx3,nv\nx4,mel\ny1,nv\ny0,nv\n');
    const error = await errorOf(loadDataset({ directory: folder }));
    expect(error.kind).toBe('image-without-row');
    expect(error.problems).toEqual([
      { kind: 'image-without-row', count: 7, examples: ['x0', 'x1', 'x2', 'x5', 'x6'] },
      { kind: 'row-without-image', count: 2, examples: ['y0', 'y1'] },
    ]);
    expect(error.message).toContain(
      '7 images have no row in the metadata: x0, x1, x2, x5, x6, ...',
    );
    expect(error.message).toContain('2 rows of the metadata have no image: y0, y1.');

    const dataset = await loadDataset({ directory: folder, mismatches: 'skip' });
    expect(dataset.samples.map(({ imageId }) => imageId)).toEqual(['x3', 'x4']);
    expect(dataset.problems).toEqual(error.problems);
  });

  it('nothing that matches', async () => {
    await put('a.jpg', await picture(1));
    await put('metadata.csv', 'image_id,dx\nb,nv\n');
    const error = await errorOf(loadDataset({ directory: folder, mismatches: 'skip' }));
    expect(error.problems.map(({ kind }) => kind)).toEqual([
      'no-images',
      'image-without-row',
      'row-without-image',
    ]);
  });

  it('no rows at all', async () => {
    await put('metadata.csv', 'image_id,dx\n');
    expect(await errorOf(loadDataset({ directory: folder }))).toMatchObject({ kind: 'no-images' });
  });

  it('different images under one id', async () => {
    await put('a.jpg', await picture(1));
    await put('sub/a.png', await randomPicture(2).png().toBuffer());
    await put('metadata.csv', 'image_id,dx\na,nv\n');
    expect((await errorOf(loadDataset({ directory: folder }))).problems).toEqual([
      {
        kind: 'duplicate-image-id',
        imageId: 'a',
        where: [join(folder, 'a.jpg'), join(folder, 'sub', 'a.png')],
        count: 1,
      },
    ]);
  });
});

describe('several sources', () => {
  const definition = (name: string, diagnoses: SourceDefinition['diagnoses'] = {}) =>
    sourceDefinitionSchema.parse({
      name,
      title: name,
      licence: 'CC0',
      attribution: 'nobody',
      description: 'drawn',
      diagnoses,
    });

  async function source(name: string, rows: readonly string[]): Promise<string> {
    await put(`${name}/metadata.csv`, `image_id,lesion_id,dx,source\n${rows.join('\n')}\n`);
    for (const [i, row] of rows.entries()) {
      await put(`${name}/images/${row.split(',')[0]}.jpg`, await picture(i + name.length));
    }
    return join(folder, name);
  }

  it('maps the diagnoses of a source, and keeps what is none of the classes apart', async () => {
    const directory = await source('clinic', ['a,1,SCC,', 'b,2,melanoma,', 'c,3,nv,']);
    const clinic = definition('clinic', { scc: null, melanoma: 'mel' });
    const dataset = await loadDataset({ directory, source: clinic });
    expect(dataset.samples.map(({ imageId, label }) => [imageId, label])).toEqual([
      ['b', 'mel'],
      ['c', 'nv'],
    ]);
    expect(dataset.others).toMatchObject([{ imageId: 'a', diagnosis: 'scc', source: 'clinic' }]);
    expect(dataset.sources).toEqual([clinic]);
    const error = await errorOf(loadDataset({ directory, source: definition('clinic') }));
    expect(error.problems[0]).toMatchObject({ kind: 'unknown-label', row: 2, count: 2 });
    expect(error.message).toContain('does not say what it means');
  });

  it('joins data sets: the first is the home source, lesions may be in several', async () => {
    const home = await source('home', ['a,L1,nv,', 'b,L2,mel,']);
    const away = await source('away', ['c,L1,nv,', 'd,L3,bcc,']);
    const joined = joinDatasets([
      await loadDataset({ directory: away, source: definition('away') }),
      await loadDataset({ directory: home, source: definition('home') }),
    ]);
    expect(joined.samples.map(({ imageId, source }) => `${imageId} ${source}`)).toEqual([
      'a home',
      'b home',
      'c away',
      'd away',
    ]);
    expect(joined.sources.map(({ name }) => name)).toEqual(['away', 'home']);
    expect(joined.dataSha256).toBe(digestSamples(joined.samples));
  });

  it('refuses two data sets with an image of the same id', async () => {
    const [one, other] = [await source('one', ['a,1,nv,']), await source('other', ['a,2,mel,'])];
    const datasets = [
      await loadDataset({ directory: one, source: definition('one') }),
      await loadDataset({ directory: other, source: definition('other') }),
    ] as const;
    expect(() => joinDatasets(datasets)).toThrow(/image id a stands more than once/);
  });

  it('takes the sources from a column, where its values are names of sources', async () => {
    const knownSources = [definition('ham10000'), definition('milk10k', { sccka: null })];
    const load = (directory: string) => loadDataset({ directory, knownSources });
    const mixed = await load(
      await source('mixed', ['a,1,nv,ham10000', 'b,2,mel,milk10k', 'c,3,sccka,milk10k']),
    );
    expect(mixed.samples.map(({ source }) => source)).toEqual(['ham10000', 'milk10k']);
    expect(mixed.others).toHaveLength(1);
    expect(mixed.sources.map(({ name }) => name)).toEqual(['ham10000', 'milk10k']);

    const foreign = await load(await source('foreign', ['a,1,nv,clinic A', 'b,2,mel,clinic B']));
    expect(foreign.samples.map(({ source }) => source)).toEqual(['', '']);
    expect(foreign.sources).toEqual([]);

    const half = await source('half', ['a,1,nv,ham10000', 'b,2,mel,milk']);
    expect((await errorOf(load(half))).problems).toEqual([
      {
        kind: 'unknown-source',
        path: join(half, 'metadata.csv'),
        value: 'milk',
        count: 1,
        known: ['ham10000', 'milk10k'],
      },
    ]);
    // What a source does not have is not mapped by another's definition.
    const stray = await source('stray', ['a,1,nv,ham10000', 'b,2,sccka,ham10000']);
    expect((await errorOf(load(stray))).kind).toBe('unknown-label');
  });
});

describe('the committed sources', () => {
  it('are valid, HAM10000 first, each of its own name', () => {
    const names = KNOWN_SOURCES.map(({ name }) => name);
    expect(names[0]).toBe('ham10000');
    expect(new Set(names).size).toBe(names.length);
  });

  it('may begin with a byte order mark', async () => {
    const { title, licence, attribution, description } = KNOWN_SOURCES[0]!;
    const own = { name: 'clinic', title, licence, attribution, description };
    await put('clinic.json', `\uFEFF${JSON.stringify(own)}`);
    expect(await readSourceDefinition(join(folder, 'clinic.json'))).toMatchObject(own);
  });

  it('are found by name, and others by their file', async () => {
    expect((await readSourceDefinition('milk10k')).diagnoses.sccka).toBeNull();
    await put('clinic.json', JSON.stringify({ name: 'Clinic 1' }));
    const read = readSourceDefinition(join(folder, 'clinic.json'));
    await expect(read).rejects.toThrow(/lower-case letters, digits and dashes[\s\S]*title/);
    await expect(readSourceDefinition('no-such')).rejects.toThrow(/one of ham10000, milk10k/);
  });
});
