import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createProgress } from '@naevus/shared/progress';
import { z } from 'zod';
import { requireSchema } from '../../files/json-file.ts';
import type { SourceDefinition } from '../load/source-definition.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import { DownloadError } from './download-error.ts';
import { downloadFile } from './download-file.ts';
import { confirmationOf, type PublicImage } from './metadata-table.ts';
import type { PublicCopyOptions } from './public-copy-options.ts';
import { reduceImage } from './reduce-images.ts';

const ENDPOINT = 'https://api.isic-archive.com/api/v2';
/** What the archive gives at most. */
const PAGE_SIZE = 100;
const CONCURRENT_DOWNLOADS = 4;
const WAITS = [1_000, 5_000, 15_000, 60_000];

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** One page of `images/search/`: the members that are used. */
const pageSchema = z.object({
  count: z.number().int().nullish(),
  next: z.url().nullable(),
  results: z.array(
    z.object({
      // It becomes the name of a file.
      isic_id: z.string().regex(/^ISIC_\d{7,}$/),
      copyright_license: z.string(),
      attribution: z.string(),
      files: z.object({ full: z.object({ url: z.url(), size: z.number().int().positive() }) }),
      metadata: z.object({ clinical: z.record(z.string(), text.nullish()).default({}) }),
    }),
  ),
});

type ArchiveImage = z.infer<typeof pageSchema>['results'][number];

/** Images that are whole in the folder already are not downloaded again. */
export interface ArchiveOptions extends PublicCopyOptions<'isic-archive'> {
  /** Images are reduced to so many pixels on their longest side. */
  readonly longestSide?: number | undefined;
  /** In place of the archive's own address. */
  readonly endpoint?: string | undefined;
}

/**
 * Downloads what a search of the ISIC archive finds, by its public interface, without an account. Addresses of
 * images are signed for a short time only, so that the list is asked for anew in every call; images that are whole
 * are kept.
 *
 * @returns the images, as the archive describes them
 * @throws DownloadError when the archive refuses, goes on failing, answers otherwise than it did, or finds nothing
 */
export async function downloadFromArchive(options: ArchiveOptions): Promise<PublicImage[]> {
  const { folder, log, progress: stream } = options;
  await mkdir(folder, { recursive: true });
  const first = searchAddress(options);
  const images = new Map<string, PublicImage>();
  let progress: ReturnType<typeof createProgress> | undefined;
  for (let address: string | null = first; address !== null; ) {
    const page = await fetchPage(address, options);
    progress ??= createProgress('downloading images', page.count ?? 0, {
      ...(stream && { stream }),
    });
    const { advance } = progress;
    await mapConcurrently(page.results, CONCURRENT_DOWNLOADS, async (image) => {
      if (options.wanted(image.isic_id)) {
        await fetchImage(image, options);
        images.set(image.isic_id, describeImage(image, options.source));
      }
      advance(1);
    });
    address = page.next;
  }
  progress?.done();
  if (images.size === 0) {
    throw new DownloadError(
      `the ISIC archive finds none of the images of ${options.source.name}: see ${options.copy.page}`,
    );
  }
  log(`the ISIC archive has ${images.size} images of ${options.source.name}`);
  return [...images.values()];
}

function searchAddress({ copy, endpoint }: ArchiveOptions): string {
  const search = new URLSearchParams({
    query: copy.query,
    collections: copy.collections.join(','),
    limit: String(PAGE_SIZE),
  });
  return `${endpoint || ENDPOINT}/images/search/?${search}`;
}

async function fetchPage(
  address: string,
  { waits = WAITS, log }: ArchiveOptions,
): Promise<z.infer<typeof pageSchema>> {
  const { host } = new URL(address);
  for (let failures = 0; ; ) {
    const response = await fetch(address, { headers: { Accept: 'application/json' } }).catch(
      (error: Error) => error,
    );
    if (response instanceof Response && response.ok) {
      const value: unknown = await response.json().catch(() => undefined);
      try {
        return requireSchema(value, `the answer of ${host}`, pageSchema);
      } catch (cause) {
        throw new DownloadError(
          `${(cause as Error).message}\nIts interface may have changed: take another copy with --from`,
          { cause },
        );
      }
    }
    const fault =
      response instanceof Response
        ? `${host} answers ${response.status}`
        : `${host} cannot be reached (${response.message})`;
    const passing =
      !(response instanceof Response) || response.status === 429 || response.status >= 500;
    const wait = passing ? waits[failures++] : undefined;
    if (wait === undefined) {
      throw new DownloadError(
        `${fault}. What came is kept: run the same command again to continue`,
      );
    }
    log(`${fault}: trying again in ${Math.ceil(wait / 1000)} s`);
    await delay(wait);
  }
}

/** A file is whole once it has its name; where nothing is reduced, its length must be the archive's as well. */
async function fetchImage(image: ArchiveImage, options: ArchiveOptions): Promise<void> {
  const { folder, longestSide, log, waits = WAITS } = options;
  const { url, size } = image.files.full;
  const file = join(folder, `${image.isic_id}.jpg`);
  const present = await stat(file).catch(() => undefined);
  if (present && (longestSide !== undefined || present.size === size)) return;
  const whole = `${file}.whole`;
  // One line for all images: none for each.
  const progress = { write: () => {} };
  await downloadFile({ url, file: whole, log, waits, progress });
  const { size: received } = await stat(whole);
  if (received !== size) {
    await rm(whole);
    throw new DownloadError(
      `${image.isic_id} has ${received} bytes where the archive says ${size}: run the same command again`,
    );
  }
  await reduceImage(whole, file, longestSide);
}

function describeImage(
  { isic_id: imageId, copyright_license, attribution, metadata }: ArchiveImage,
  source: SourceDefinition,
): PublicImage {
  const { clinical } = metadata;
  const value = (name: string) => clinical[name] ?? '';
  return {
    imageId,
    lesionId: value('lesion_id'),
    diagnosis: diagnosisOf(clinical, source),
    confirmation: confirmationOf(value('diagnosis_confirm_type')),
    age: value('age_approx'),
    sex: value('sex'),
    site: value('anatom_site_general'),
    skinTone: '',
    licence: copyright_license,
    attribution,
  };
}

/** The archive's diagnoses go from broad (1) to narrow (5): the narrowest that the source's definition knows. */
function diagnosisOf(
  clinical: Readonly<Record<string, string | null | undefined>>,
  { diagnoses }: SourceDefinition,
): string {
  const levels = [5, 4, 3, 2, 1].map((level) => clinical[`diagnosis_${level}`]?.toLowerCase());
  const known = levels.find((name) => name !== undefined && Object.hasOwn(diagnoses, name));
  return known ?? levels[2] ?? levels[3] ?? levels[4] ?? '';
}
