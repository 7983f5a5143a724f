import { cp, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import type { ProgressStream } from '@naevus/shared/progress';
import type { PublicCopy, SourceDefinition } from '../load/source-definition.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadOptions, downloadFile } from './download-file.ts';
import { downloadFromArchive } from './isic-archive.ts';
import { kaggleAuthorization } from './kaggle-credentials.ts';
import { describeLicences, type PublicImage, writeMetadata } from './metadata-table.ts';
import { downloadMilk10k } from './milk10k.ts';
import { downloadPadUfes20 } from './pad-ufes-20.ts';
import { reduceImages } from './reduce-images.ts';
import { unpackArchive } from './unpack-archive.ts';

export const KAGGLE_DATASET = 'kmader/skin-cancer-mnist-ham10000';

export interface FetchDatasetOptions {
  readonly source: SourceDefinition;
  /** Folder that the data set is to be in; must not be there yet. */
  readonly out: string;
  /** Address of an archive, an archive, or a folder; left out, the public copy that the source's definition names. */
  readonly from?: string | undefined;
  /** Of the archive, lower-case hex. */
  readonly archiveSha256?: string | undefined;
  readonly keepArchive?: boolean;
  /** Only these images of the public copy; left out, all. HAM10000 is always whole. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Reduce images to so many pixels on their longest side; left out, they stay as they are. */
  readonly longestSide?: number | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly warn: (line: string) => void;
  /** Holds the unpacked folder to what it must be, before it gets its name; throws what is wrong. */
  readonly check: (folder: string) => Promise<void>;
  readonly progress?: ProgressStream;
  readonly waits?: DownloadOptions['waits'];
}

/**
 * Brings a data set here: downloads it (going on where an earlier try broke off) or takes a copy, unpacks it,
 * checks it, and only then gives it its name.
 *
 * @throws DownloadError that says what to do; whatever `check` throws
 */
export async function fetchDataset(options: FetchDatasetOptions): Promise<void> {
  const { source, from, longestSide } = options;
  const out = resolve(options.out);
  if (await exists(out)) {
    throw new DownloadError(
      `${out} is there already: check it with: npm run data -- check ${out} --source ${source.name}`,
    );
  }
  await mkdir(dirname(out), { recursive: true });
  const folder = `${out}.unpacking`;
  const { download: copy } = source;
  if (from !== undefined) await requireOutside(from, folder);
  // Images of the archive come one by one, and those that came are kept.
  if (from !== undefined || copy?.from !== 'isic-archive') {
    await rm(folder, { recursive: true, force: true });
  }
  if (from !== undefined || copy?.from === 'kaggle') await takeArchive(out, folder, options);
  else if (copy) await takePublicCopy(copy, out, folder, options);
  else {
    throw new DownloadError(
      `the definition of ${source.name} does not say where it can be downloaded: name a copy with --from`,
    );
  }
  if (longestSide !== undefined && (from !== undefined || copy?.from !== 'isic-archive')) {
    await reduceImages(folder, longestSide);
  }
  await options.check(folder);
  await rename(folder, out);
}

/** From Kaggle, or where `from` says: with a table of its own. */
async function takeArchive(
  out: string,
  folder: string,
  options: FetchDatasetOptions,
): Promise<void> {
  const { from, log, keepArchive, progress } = options;
  const local = from !== undefined && !/^https?:\/\//i.test(from);
  const given = local ? await stat(from).catch(() => undefined) : undefined;
  if (local && !given) throw new DownloadError(`--from ${from}: there is no such file or folder`);
  if (given?.isDirectory()) {
    log(`copying ${from}`);
    await cp(from!, folder, { recursive: true });
    return;
  }
  const archive = local ? resolve(from!) : `${out}.zip`;
  if (!local && !(await exists(archive))) await downloadArchive(archive, options);
  await unpackArchive(archive, folder, { ...(progress && { stream: progress }) });
  if (!local && !keepArchive) await rm(archive);
}

/** From where the source's definition says, with a table that is made of what the source tells of its images. */
async function takePublicCopy(
  copy: Exclude<PublicCopy, { from: 'kaggle' }>,
  out: string,
  folder: string,
  options: FetchDatasetOptions,
): Promise<void> {
  const { source, only, log, keepArchive = false, environment, progress, waits } = options;
  const shared = {
    source,
    folder,
    keepArchive,
    wanted: (imageId: string) => only?.has(imageId) ?? true,
    log,
    ...(progress && { progress }),
    ...(waits && { waits }),
  };
  log(`${source.title}: ${source.licence} (${copy.page})`);
  let images: PublicImage[];
  switch (copy.from) {
    case 'isic-archive': {
      const { longestSide } = options;
      const endpoint = environment.ISIC_API_ENDPOINT;
      images = await downloadFromArchive({ ...shared, copy, longestSide, endpoint });
      break;
    }
    case 'milk10k':
      images = await downloadMilk10k({ ...shared, copy, archives: dirname(out) });
      break;
    case 'pad-ufes-20':
      images = await downloadPadUfes20({ ...shared, copy, archive: `${out}.zip` });
  }
  log(describeLicences(images));
  await writeMetadata(folder, source.name, images);
}

/** @throws DownloadError where a local source is in the folder that is cleared before it is filled */
async function requireOutside(from: string, folder: string): Promise<void> {
  const [source, cleared] = await Promise.all(
    [from, folder].map((path) => realpath(path).catch(() => undefined)),
  );
  if (source === undefined || cleared === undefined) return;
  if (!`${source}${sep}`.startsWith(`${cleared}${sep}`)) return;
  throw new DownloadError(
    `--from ${from} is in ${folder}, which is cleared first: move it, or choose another --out`,
  );
}

async function downloadArchive(file: string, options: FetchDatasetOptions): Promise<void> {
  const { from, environment, log, warn, archiveSha256: sha256, progress, waits } = options;
  const shared = { file, log, sha256, ...(progress && { progress }), ...(waits && { waits }) };
  if (from !== undefined) {
    await downloadFile({ ...shared, url: from });
    return;
  }
  const endpoint = environment.KAGGLE_API_ENDPOINT || 'https://www.kaggle.com';
  const Authorization = await kaggleAuthorization(environment, warn);
  await downloadFile({
    ...shared,
    url: `${endpoint}/api/v1/datasets/download/${KAGGLE_DATASET}`,
    headers: { Authorization },
    explain: explainKaggle,
  });
}

function explainKaggle(status: number): string | undefined {
  switch (status) {
    case 401:
      return 'Kaggle does not know these credentials (401): make a new token at kaggle.com, Settings, API';
    case 403:
      return `Kaggle does not let this account download (403): sign in and accept the terms at https://www.kaggle.com/datasets/${KAGGLE_DATASET}, or verify the account`;
    case 404:
      return `Kaggle has no data set ${KAGGLE_DATASET} (404): take another copy with --from`;
    case 429:
      return 'Kaggle has had too many requests (429)';
    default:
      return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
