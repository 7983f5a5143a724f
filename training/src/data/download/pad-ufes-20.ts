import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readTable } from '@naevus/shared/csv/read-table';
import { findImages } from '@naevus/shared/files/find-images';
import { withoutImageExtension } from '@naevus/shared/image/image-extensions';
import { readText } from '../../files/json-file.ts';
import { DownloadError } from './download-error.ts';
import { downloadFile } from './download-file.ts';
import type { PublicImage } from './metadata-table.ts';
import type { PublicCopyOptions } from './public-copy-options.ts';
import { unpackArchive } from './unpack-archive.ts';

export interface PadUfesOptions extends PublicCopyOptions<'pad-ufes-20'> {
  /** Where the archive goes. */
  readonly archive: string;
  readonly keepArchive: boolean;
}

const LICENCE = 'CC-BY';
const ATTRIBUTION = 'Pacheco et al., PAD-UFES-20, doi 10.1016/j.dib.2020.106221';

/**
 * Downloads PAD-UFES-20: an archive with a table and archives of images in it.
 *
 * @throws DownloadError when the archive is not what it was
 */
export async function downloadPadUfes20(options: PadUfesOptions): Promise<PublicImage[]> {
  const { copy, folder, archive, keepArchive, log, progress, waits } = options;
  if (!(await stat(archive).catch(() => undefined))) {
    const shared = { log, ...(progress && { progress }), ...(waits && { waits }) };
    await downloadFile({ ...shared, url: copy.url, file: archive });
  }
  const stream = progress && { stream: progress };
  await unpackArchive(archive, folder, {
    ...stream,
    wanted: (name) => /\.zip$|metadata[^/]*\.csv$/i.test(name),
  });
  const inner = await findImages(folder, ['.zip', '.csv']);
  const table = inner.images.find((path) => path.endsWith('.csv'));
  if (!table) throw new DownloadError(`${archive} has no metadata.csv: see ${copy.page}`);
  const images = padUfesImages(await readText(table)).filter(({ imageId }) =>
    options.wanted(imageId),
  );
  await rm(table);
  const ids = new Set(images.map(({ imageId }) => imageId));
  for (const path of inner.images.filter((name) => name.endsWith('.zip'))) {
    await unpackArchive(path, folder, {
      ...stream,
      wanted: (name) => ids.has(withoutImageExtension(basename(name))),
    });
    await rm(path);
  }
  if (!keepArchive) await rm(archive);
  return images;
}

/** Its table: an image a row. Its diagnoses are left out, since nothing is trained on the images. */
export function padUfesImages(text: string): PublicImage[] {
  return readTable(text).rows.map(({ cells }) => ({
    imageId: withoutImageExtension(cells.img_id ?? ''),
    lesionId: [cells.patient_id, cells.lesion_id].filter(Boolean).join('_'),
    diagnosis: '',
    confirmation: cells.biopsed?.toLowerCase() === 'true' ? 'histo' : '',
    age: cells.age ?? '',
    sex: cells.gender?.toLowerCase() ?? '',
    site: cells.region?.toLowerCase() ?? '',
    skinTone: '',
    licence: LICENCE,
    attribution: ATTRIBUTION,
  }));
}
