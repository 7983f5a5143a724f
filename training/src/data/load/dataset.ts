import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeText } from '@naevus/shared/csv/decode-text';
import { findImages, type LeftOut } from '@naevus/shared/files/find-images';
import { withoutImageExtension } from '@naevus/shared/image/image-extensions';
import { createProgress } from '@naevus/shared/progress';
import { mapConcurrently } from '../map-concurrently.ts';
import { DataError, type DataProblem, LISTED, type UnreadableImage } from './data-error.ts';
import { type MetadataRow, parseMetadata } from './metadata-csv.ts';
import { KNOWN_SOURCES, type SourceDefinition } from './source-definition.ts';

export interface ImageFile {
  /** The file's name without its extension. */
  readonly imageId: string;
  readonly path: string;
}

export interface Sample {
  readonly imageId: string;
  readonly path: string;
  readonly label: string;
  /** Images of one lesion share it; null where the metadata do not say. */
  readonly lesionId: string | null;
  /** The metadata's other columns (`dx_type`, `age`, `sex`, `localization`, ...) by lower-case name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string;
  /** Name of the source; `''` where there are no definitions. */
  readonly source: string;
}

/** An image of a disease that is none of the classes: nothing is trained on it. */
export interface OtherSample extends Omit<Sample, 'label'> {
  /** As the CSV has it, in lower case. */
  readonly diagnosis: string;
}

export interface Dataset {
  /** Of the classes, sorted by image id. At least one, but where all images are `others`. */
  readonly samples: readonly Sample[];
  /** Sorted by image id. */
  readonly others: readonly OtherSample[];
  /** Where the images are from, the home source first; none where no definition was given. */
  readonly sources: readonly SourceDefinition[];
  /** {@link digestSamples} of `samples`. */
  readonly dataSha256: string;
  /** Every file that was read: the CSV and the images. */
  readonly inputs: readonly string[];
  /** What was found and lived with, because the caller asked for it or nothing is lost by it. */
  readonly problems: readonly DataProblem[];
}

export interface LoadOptions {
  /** Searched for images with all the folders in it. */
  readonly directory: string;
  /**
   * The table. Left out: in `directory`, `HAM10000_metadata` or else `metadata`, with the ending .csv, .tsv, .tab, .txt
   * or none, else the only file there is that ends in .csv, .tsv or .tab.
   */
  readonly metadata?: string | undefined;
  /**
   * Images without a row and rows without an image: an error that counts and names them, or
   * `skip`, which goes on with those that match and lists the others under `problems`.
   */
  readonly mismatches?: 'error' | 'skip';
  /** Where the images are from. Left out, a column `source` of the CSV may say it. */
  readonly source?: SourceDefinition;
  /** What the values of such a column may be. */
  readonly knownSources?: readonly SourceDefinition[];
}

const CONCURRENT_READS = 8;
const METADATA_NAMES = ['ham10000_metadata', 'metadata'].flatMap((name) =>
  ['.csv', '.tsv', '.tab', '.txt', ''].map((ending) => `${name}${ending}`),
);
const TABLE_ENDING = /\.(csv|tsv|tab)$/i;

/**
 * Loads a labelled folder: HAM10000 as Kaggle packs it (`HAM10000_images_part_1`, `_part_2`,
 * `HAM10000_metadata.csv`), or any folder of images with a CSV file as {@link parseMetadata} reads it.
 * Every file is read once, for its digest; whether it decodes is for `fingerprintDataset` to say.
 *
 * @throws DataError whose `kind` and `problems` say what is missing or does not fit.
 */
export async function loadDataset(options: LoadOptions): Promise<Dataset> {
  const { directory, mismatches = 'error' } = options;
  if (!(await isDirectory(directory))) {
    throw new DataError({ kind: 'missing-folder', path: directory });
  }
  const metadataPath = options.metadata ?? (await findMetadata(directory));
  const text = await readMetadata(metadataPath);
  const known = options.knownSources ?? KNOWN_SOURCES;
  const rows = parseMetadata(text, metadataPath, ({ source: named }) => {
    const source = options.source ?? known.find(({ name }) => name === named);
    return source?.diagnoses ?? {};
  });
  const sourceOf = options.source
    ? () => options.source!.name
    : sourceColumn(rows, known, metadataPath);
  const rowOf = new Map(rows.map((row) => [row.imageId, row]));

  const { images, leftOut } = await findImages(directory);
  const files = images.map((path) => ({ imageId: withoutImageExtension(basename(path)), path }));
  const { matching, problems } = match(files, rowOf);
  if (problems.length > 0 && mismatches === 'error') {
    throw new DataError(problems[0]!, ...problems.slice(1));
  }
  if (matching.length === 0) {
    throw new DataError({ kind: 'no-images', path: directory }, ...problems);
  }

  const { kept, repeated } = withoutRepeats(await hashFiles(matching));
  const samples: Sample[] = [];
  const others: OtherSample[] = [];
  for (const { imageId, path, sha256 } of kept) {
    const row = rowOf.get(imageId)!;
    const { label, diagnosis, lesionId, metadata } = row;
    const image = { imageId, path, lesionId, metadata, sha256, source: sourceOf(row) };
    if (label === null) others.push({ ...image, diagnosis });
    else samples.push({ ...image, label });
  }
  const present = new Set([...samples, ...others].map(({ source }) => source));
  return {
    samples: samples.sort(byImageId),
    others: others.sort(byImageId),
    sources: (options.source ? [options.source] : known).filter(({ name }) => present.has(name)),
    dataSha256: digestSamples(samples),
    inputs: [metadataPath, ...matching.map(({ path }) => path)],
    problems: [...problems, ...repeated, ...strayFiles(leftOut, metadataPath)],
  };
}

/**
 * Several data sets as one; the first one's source is the home source.
 *
 * @throws DataError where two of them have an image of the same id
 */
export function joinDatasets(datasets: readonly [Dataset, ...Dataset[]]): Dataset {
  if (datasets.length === 1) return datasets[0];
  const samples = datasets.flatMap((dataset) => dataset.samples).sort(byImageId);
  const others = datasets.flatMap((dataset) => dataset.others).sort(byImageId);
  const all = [...samples, ...others].sort(byImageId);
  const again = all.filter((image, i) => image.imageId === all[i - 1]?.imageId);
  const [first] = again;
  if (first) {
    const { imageId } = first;
    const where = all.filter((image) => image.imageId === imageId).map(({ path }) => path);
    throw new DataError({ kind: 'duplicate-image-id', imageId, where, count: again.length });
  }
  const sources = datasets.flatMap((dataset) => dataset.sources);
  return {
    samples,
    others,
    sources: sources.filter(({ name }, i) => sources.findIndex((one) => one.name === name) === i),
    dataSha256: digestSamples(samples),
    inputs: datasets.flatMap(({ inputs }) => inputs),
    problems: datasets.flatMap(({ problems }) => problems),
  };
}

/** What the column `source` says, where its values are names of sources; else nothing. */
function sourceColumn(
  rows: readonly MetadataRow[],
  known: readonly SourceDefinition[],
  path: string,
): (row: MetadataRow) => string {
  const names = known.map(({ name }) => name);
  const unknown = rows.filter(({ metadata }) => !names.includes(metadata.source ?? ''));
  const [first] = unknown;
  if (first === undefined) return ({ metadata }) => metadata.source!;
  if (unknown.length < rows.length) {
    const value = first.metadata.source ?? '';
    throw new DataError({
      kind: 'unknown-source',
      path,
      value,
      count: unknown.length,
      known: names,
    });
  }
  return () => '';
}

/**
 * One digest of what the data are: image ids, labels, lesions and the files' bytes, whatever order
 * and place they are in.
 */
export function digestSamples(
  samples: readonly Pick<Sample, 'imageId' | 'label' | 'lesionId' | 'sha256'>[],
): string {
  const hash = createHash('sha256');
  for (const { imageId, label, lesionId, sha256 } of [...samples].sort(byImageId)) {
    hash.update(`${JSON.stringify([imageId, label, lesionId, sha256])}\n`);
  }
  return hash.digest('hex');
}

/** By code units, the same on every machine and locale. */
export function byImageId(a: { imageId: string }, b: { imageId: string }): number {
  return a.imageId < b.imageId ? -1 : a.imageId > b.imageId ? 1 : 0;
}

function match(files: readonly ImageFile[], rowOf: ReadonlyMap<string, MetadataRow>) {
  const present = new Set(files.map(({ imageId }) => imageId));
  const imagesWithoutRow = [...present].filter((imageId) => !rowOf.has(imageId));
  const rowsWithoutImage = [...rowOf.keys()].filter((imageId) => !present.has(imageId));
  const problems: DataProblem[] = [];
  const report = (kind: 'image-without-row' | 'row-without-image', ids: string[]): void => {
    if (ids.length === 0) return;
    problems.push({ kind, count: ids.length, examples: ids.sort().slice(0, LISTED) });
  };
  report('image-without-row', imagesWithoutRow);
  report('row-without-image', rowsWithoutImage);
  return { matching: files.filter(({ imageId }) => rowOf.has(imageId)), problems };
}

/** Kaggle's archive holds every image in two folders: harmless where the bytes are the same. */
function withoutRepeats<F extends ImageFile & { sha256: string }>(files: readonly F[]) {
  const kept = new Map<string, F>();
  const repeats: string[] = [];
  const conflicts: [F, F][] = [];
  for (const file of files) {
    const first = kept.get(file.imageId);
    if (first === undefined) kept.set(file.imageId, file);
    else if (first.sha256 === file.sha256) repeats.push(file.imageId);
    else conflicts.push([first, file]);
  }
  const conflict = conflicts[0];
  if (conflict !== undefined) {
    throw new DataError({
      kind: 'duplicate-image-id',
      imageId: conflict[0].imageId,
      where: conflict.map(({ path }) => path),
      count: conflicts.length,
    });
  }
  const repeated: DataProblem[] =
    repeats.length === 0
      ? []
      : [{ kind: 'repeated-file', count: repeats.length, examples: repeats.slice(0, LISTED) }];
  return { kept: [...kept.values()], repeated };
}

async function hashFiles(
  files: readonly ImageFile[],
): Promise<(ImageFile & { readonly sha256: string })[]> {
  const progress = createProgress('reading images', files.length);
  const unreadable: UnreadableImage[] = [];
  const hashed = await mapConcurrently(files, CONCURRENT_READS, async (file) => {
    let sha256 = '';
    try {
      sha256 = createHash('sha256')
        .update(await readFile(file.path))
        .digest('hex');
    } catch (error) {
      unreadable.push({ ...file, reason: (error as Error).message });
    }
    progress.advance(1);
    return { ...file, sha256 };
  });
  progress.done();
  if (unreadable.length > 0) {
    throw new DataError({ kind: 'unreadable-image', count: unreadable.length, images: unreadable });
  }
  return hashed;
}

async function findMetadata(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  const found = names.filter((name) => TABLE_ENDING.test(name));
  const named = METADATA_NAMES.map((name) => names.find((n) => n.toLowerCase() === name));
  const chosen =
    named.find((name) => name !== undefined) ?? (found.length === 1 ? found[0] : undefined);
  if (chosen === undefined)
    throw new DataError({ kind: 'missing-metadata', path: directory, found });
  return join(directory, chosen);
}

async function readMetadata(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    throw new DataError({ kind: 'missing-metadata', path, found: [] });
  }
  try {
    return decodeText(bytes);
  } catch {
    throw new DataError({
      kind: 'malformed-csv',
      path,
      row: null,
      detail: 'it is not UTF-8 text (in a spreadsheet: save as CSV UTF-8)',
    });
  }
}

/** What the search for images left out, but for the table that was read. */
function strayFiles(leftOut: readonly LeftOut[], metadata: string): DataProblem[] {
  const stray = leftOut.filter(({ path }) => path !== metadata);
  return stray.length === 0 ? [] : [{ kind: 'left-out-file', leftOut: stray }];
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}
