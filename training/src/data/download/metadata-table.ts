import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvRow } from '@naevus/shared/csv/csv-row';

/** One image of a public copy, as its row of `metadata.csv`. `''` where the source does not say. */
export interface PublicImage {
  readonly imageId: string;
  readonly lesionId: string;
  /** As the source has it, in lower case: the definition of the source says what it means. */
  readonly diagnosis: string;
  /** How the diagnosis was made, in HAM10000's words where it has one. */
  readonly confirmation: string;
  readonly age: string;
  readonly sex: string;
  readonly site: string;
  readonly skinTone: string;
  /** Of this image. */
  readonly licence: string;
  readonly attribution: string;
}

const COLUMNS =
  'image_id,lesion_id,dx,dx_type,age,sex,localization,source,skin_tone,copyright_license,attribution';

/** HAM10000's words (Tschandl et al. 2018) for how the archive says that a diagnosis was made. */
const CONFIRMATIONS: Readonly<Record<string, string>> = {
  histopathology: 'histo',
  'serial imaging showing no change': 'follow_up',
  'single image expert consensus': 'consensus',
  'single contributor clinical assessment': 'consensus',
  'confocal microscopy with consensus dermoscopy': 'confocal',
};

/** How a diagnosis was made, in HAM10000's words; as it is where HAM10000 has no word for it. */
export function confirmationOf(text: string): string {
  return CONFIRMATIONS[text.trim().toLowerCase()] ?? text.trim().toLowerCase();
}

/** Writes `metadata.csv` for the images of a source. */
export async function writeMetadata(
  folder: string,
  source: string,
  images: readonly PublicImage[],
): Promise<void> {
  const rows = [...images]
    .sort((a, b) => (a.imageId < b.imageId ? -1 : 1))
    .map((image) =>
      csvRow([
        image.imageId,
        image.lesionId || image.imageId,
        image.diagnosis,
        image.confirmation,
        image.age,
        image.sex,
        image.site,
        source,
        image.skinTone,
        image.licence,
        image.attribution,
      ]),
    );
  await writeFile(join(folder, 'metadata.csv'), `${[COLUMNS, ...rows].join('\n')}\n`);
}

/** As in `806 images: 442 CC-BY, 360 CC-BY-NC, 4 CC-0`. */
export function describeLicences(images: readonly Pick<PublicImage, 'licence'>[]): string {
  const counts = new Map<string, number>();
  for (const { licence } of images) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const parts = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([licence, count]) => `${count} ${licence || 'of unknown licence'}`);
  return `${images.length} images: ${parts.join(', ')}`;
}
