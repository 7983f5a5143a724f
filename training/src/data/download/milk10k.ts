import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTable, type TableRow } from '@naevus/shared/csv/read-table';
import { withoutImageExtension } from '@naevus/shared/image/image-extensions';
import { readText } from '../../files/json-file.ts';
import { DownloadError } from './download-error.ts';
import { type DownloadOptions, downloadFile } from './download-file.ts';
import type { PublicImage } from './metadata-table.ts';
import type { PublicCopyOptions } from './public-copy-options.ts';
import { unpackArchive } from './unpack-archive.ts';

const ARCHIVE = 'MILK10k_Training_Input.zip';
const TABLES = ['MILK10k_Training_GroundTruth.csv', 'MILK10k_Training_Metadata.csv'] as const;

export interface Milk10kOptions extends PublicCopyOptions<'milk10k'> {
  /** Where the challenge's files go; other sources are parts of the same files. */
  readonly archives: string;
  /** Leave them there. */
  readonly keepArchive: boolean;
}

/**
 * Downloads the training files of the MILK10k challenge and unpacks the images of a source: through a dermatoscope
 * or not, of the classes or of other diagnoses. (The challenge's test lesions have no public diagnosis.)
 *
 * @throws DownloadError when the files are not what they were
 */
export async function downloadMilk10k(options: Milk10kOptions): Promise<PublicImage[]> {
  const { copy, folder, archives, keepArchive, log, progress, waits } = options;
  const shared = { log, ...(progress && { progress }), ...(waits && { waits }) };
  for (const name of [...TABLES, ARCHIVE]) {
    await downloadOnce(join(archives, name), { ...shared, url: `${copy.url}/${name}` });
  }
  const [truth, metadata] = await Promise.all(
    TABLES.map(async (name) => readTable(await readText(join(archives, name))).rows),
  );
  const images = milk10kImages(truth!, metadata!, options).filter(({ imageId }) =>
    options.wanted(imageId),
  );
  if (images.length === 0) {
    throw new DownloadError(`MILK10k has no image of ${options.source.name}: see ${copy.page}`);
  }
  const ids = new Set(images.map(({ imageId }) => imageId));
  await unpackArchive(join(archives, ARCHIVE), folder, {
    ...(progress && { stream: progress }),
    wanted: (name) => ids.has(withoutImageExtension(basename(name))),
  });
  if (!keepArchive) for (const name of [...TABLES, ARCHIVE]) await rm(join(archives, name));
  return images;
}

async function downloadOnce(file: string, options: Omit<DownloadOptions, 'file'>): Promise<void> {
  if (await stat(file).catch(() => undefined)) return;
  await downloadFile({ ...options, file });
}

/**
 * The images of a source: one row of the challenge's ground truth a lesion, two of its table of images.
 *
 * @throws DownloadError where a lesion has not exactly one diagnosis, or an image no lesion
 */
export function milk10kImages(
  truth: readonly TableRow[],
  metadata: readonly TableRow[],
  { copy, source }: Pick<Milk10kOptions, 'copy' | 'source'>,
): PublicImage[] {
  const diagnosisOf = new Map(
    truth.map(({ cells, line }) => {
      const { lesion_id: lesion = '', ...columns } = cells;
      const hot = Object.keys(columns).filter((name) => Number(columns[name]) === 1);
      if (hot.length !== 1) {
        throw new DownloadError(`${TABLES[0]}, line ${line}: ${hot.length} diagnoses, not one`);
      }
      return [lesion, hot[0]!];
    }),
  );
  return metadata.flatMap(({ cells, line }): PublicImage[] => {
    const { lesion_id: lesion = '', isic_id: imageId = '' } = cells;
    const diagnosis = diagnosisOf.get(lesion);
    if (diagnosis === undefined || imageId === '') {
      throw new DownloadError(`${TABLES[1]}, line ${line}: no image of a lesion of ${TABLES[0]}`);
    }
    const other = source.diagnoses[diagnosis] === null;
    if (cells.image_type !== copy.imageType || other !== (copy.classes === 'other')) return [];
    return [
      {
        imageId,
        lesionId: lesion,
        diagnosis,
        confirmation: '',
        age: cells.age_approx ?? '',
        sex: cells.sex ?? '',
        site: cells.site ?? '',
        skinTone: cells.skin_tone_class ?? '',
        licence: cells.copyright_license ?? '',
        attribution: cells.attribution ?? '',
      },
    ];
  });
}
