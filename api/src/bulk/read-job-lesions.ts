import { LesionTableError, readLesionTable, type TabledLesion } from '../answers/lesion-table.ts';
import { EDGE_LIMITS } from '../runtime/edge/edge-limits.ts';
import type { Bulk } from './bulk.ts';
import { BulkFailure, orRetry } from './failure.ts';
import type { ImageReference } from './messages.ts';

/**
 * The lesions of a job's table, whose images are names of objects in the same bucket.
 *
 * @throws BulkFailure
 */
export async function readJobLesions(
  { key, etag }: ImageReference,
  { images }: Pick<Bulk, 'images'>,
): Promise<TabledLesion[]> {
  const object = await orRetry('the bucket did not answer', () =>
    images.get(key, { onlyIf: { etagMatches: etag } }),
  );
  if (object === null || !('body' in object)) {
    const what = object === null ? 'deleted' : 'replaced';
    throw new BulkFailure(`the table of lesions was ${what}: start another job`, { final: true });
  }
  const { maxBodyBytes } = EDGE_LIMITS;
  if (object.size > maxBodyBytes) {
    await object.body.cancel();
    const detail = `${key} has ${object.size} bytes; a table of lesions may have ${maxBodyBytes}`;
    throw new BulkFailure(detail, { final: true });
  }
  const bytes = await orRetry('the table could not be read', () => object.arrayBuffer());
  try {
    return readLesionTable(new Uint8Array(bytes), key);
  } catch (error) {
    if (!(error instanceof LesionTableError)) throw error;
    throw new BulkFailure(error.message, { final: true });
  }
}
