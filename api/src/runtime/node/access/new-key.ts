import { randomBytes } from 'node:crypto';
import { nodeSha256 } from '@naevus/shared/model/folder-source';
import { readKeyList } from '../../../http/middleware/api-keys.ts';

/** Marks a key as one of this server, for those who find it where it should not be. */
const PREFIX = 'nvs_';

/**
 * A new random key, and the line that lists it.
 *
 * @throws KeyListError when the name is not one that a list takes
 */
export function newKey(client: string): { readonly key: string; readonly line: string } {
  const key = PREFIX + randomBytes(32).toString('base64url');
  const line = `${client}:sha256:${nodeSha256(Uint8Array.from(Buffer.from(key)))}`;
  readKeyList(line, nodeSha256);
  return { key, line };
}
