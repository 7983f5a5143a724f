import { readJson } from '../../files/json-file.ts';
import { type Split, splitSchema } from './split-schema.ts';

/**
 * Reads a split.json.
 *
 * @param dataSha256 the digest of the data that it must be of; left out: any
 * @throws Error when it cannot be read, or is of other data: an image that it does not know would be on no side
 */
export async function readSplit(file: string, dataSha256?: string): Promise<Split> {
  const split = await readJson(file, splitSchema);
  if (dataSha256 !== undefined && split.data_sha256 !== dataSha256) {
    throw new Error(
      `${file} was made of other data (${split.data_sha256}) than these (${dataSha256})`,
    );
  }
  return split;
}
