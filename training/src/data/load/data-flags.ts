import { resolve } from 'node:path';
import { describeProblem } from './data-error.ts';
import { type Dataset, joinDatasets, type LoadOptions, loadDataset } from './dataset.ts';
import { isKnownSource, readSourceDefinition } from './source-definition.ts';

/** The flags of a command that say where images are, for `parseArgs`. */
export const DATA_FLAGS = {
  data: { type: 'string', multiple: true, default: [] as string[] },
  metadata: { type: 'string', multiple: true, default: [] as string[] },
  source: { type: 'string', multiple: true, default: [] as string[] },
} as const;

export interface DataFlags {
  readonly data: readonly string[];
  readonly metadata: readonly string[];
  readonly source: readonly string[];
}

/** What `--help` says of them. */
export const DATA_FLAGS_HELP = `--data DIR       folder of images with a CSV (image_id, dx), such as HAM10000 as Kaggle packs it; can be repeated
--metadata CSV   the CSV, if it is not in DIR; one for each --data, in their order
--source NAME    where the images are from: a committed source (ham10000, milk10k, isic2017, acral, other-diagnoses,
                 close-ups, phone) or a JSON file with name, title, licence, attribution, description, modality and
                 what its diagnoses mean; one for each --data, in their order, the home source first. For one folder
                 it may be left out: then a column source of its CSV may name committed ones`;

/** A folder of images as the flags name it. */
export interface DataFolder {
  readonly directory: string;
  readonly metadata?: string | undefined;
  readonly source?: string | undefined;
}

/**
 * The folders that the flags name.
 *
 * @throws Error where there is none, or the flags do not go with one another
 */
export function dataFolders({ data, metadata, source }: DataFlags): [DataFolder, ...DataFolder[]] {
  const folders = data.map((directory, i) => ({
    directory,
    metadata: metadata[i],
    source: source[i],
  }));
  const [first, ...rest] = folders;
  if (first === undefined) throw new Error('--data is needed');
  for (const [name, given] of Object.entries({ metadata, source })) {
    if (given.length !== 0 && given.length !== data.length) {
      throw new Error(
        `there are ${data.length} --data and ${given.length} --${name}: give one for each, in their order`,
      );
    }
  }
  if (rest.length > 0 && source.length === 0) {
    throw new Error('with several --data, say with --source where the images of each are from');
  }
  return [first, ...rest];
}

/** The folders with whole paths, for a run's record. */
export function wholePaths(folders: readonly DataFolder[]): DataFolder[] {
  return folders.map(({ directory, metadata, source }) => ({
    directory: resolve(directory),
    ...(metadata && { metadata: resolve(metadata) }),
    ...(source && { source: isKnownSource(source) ? source : resolve(source) }),
  }));
}

/**
 * Loads the folders as one data set.
 *
 * @param warn told what was passed over, and what the data do not say, before anything is computed
 * @throws DataError as `loadDataset`; Error where a source cannot be read
 */
export async function loadFolders(
  folders: readonly [DataFolder, ...DataFolder[]],
  warn: (line: string) => void,
  options: Pick<LoadOptions, 'mismatches'> = {},
): Promise<Dataset> {
  const load = async ({ directory, metadata, source }: DataFolder) =>
    loadDataset({
      directory,
      ...(metadata && { metadata }),
      ...(source && { source: await readSourceDefinition(source) }),
      ...options,
    });
  const [first, ...rest] = folders;
  const datasets: [Dataset, ...Dataset[]] = [await load(first)];
  for (const folder of rest) datasets.push(await load(folder));
  const dataset = joinDatasets(datasets);
  for (const line of dataWarnings(dataset)) warn(line);
  return dataset;
}

/** What was passed over, and that lesions are not told apart: a line each. */
export function dataWarnings({ problems, samples }: Dataset): string[] {
  const unknown = samples.filter(({ lesionId }) => lesionId === null).length;
  const lines = problems.map(describeProblem);
  if (unknown > 0) {
    lines.push(
      `${unknown} of ${samples.length} images have no lesion id (column lesion_id): each is taken for a lesion of its own, so two images of one lesion may be on both sides of a split, and intervals are too narrow.`,
    );
  }
  return lines;
}
