import { loadCaseIndex } from '@naevus/shared/model/case-index';
import { picturePlaces } from '@naevus/shared/model/case-pictures';
import { loadFile } from '@naevus/shared/model/verify';
import type { ServedModel } from '../../../../analysis/engine.ts';
import { CACHE } from './cache-name.ts';

/**
 * Keeps the images of all similar cases on this device, where the service worker finds them, so that cases are seen
 * with the network cut too. Does nothing where they are kept already, or the version has none.
 *
 * @throws Error where an image cannot be fetched or kept; what was kept before it stays
 */
export async function keepCaseImages({
  manifest,
  files,
}: Pick<ServedModel, 'manifest' | 'files'>): Promise<void> {
  const pictures = manifest.similarCases?.pictures;
  const index = pictures && (await loadCaseIndex(files, manifest));
  if (!index) return;
  const cache = await caches.open(CACHE);
  const address = (imageId: string) =>
    new URL(`../cases/${manifest.version}/${encodeURIComponent(imageId)}.webp`, self.location.href);
  const places = [...picturePlaces(index.cases, pictures)];
  const last = places.at(-1);
  if (!last || (await cache.match(address(last[0])))) return;
  const headers = { 'Content-Type': 'image/webp' };
  for (const path of pictures.paths) {
    const file = await loadFile(files, manifest, path);
    const inFile = places.filter(([, place]) => place.path === path);
    await Promise.all(
      inFile.map(([imageId, { start, end }]) =>
        cache.put(address(imageId), new Response(file.slice(start, end), { headers })),
      ),
    );
  }
}
