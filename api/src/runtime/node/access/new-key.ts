import { randomBytes } from 'node:crypto';
import { nodeSha256 } from '@naevus/shared/model/folder-source';
import type { KeyScope } from '../../../http/context/key-check.ts';
import { readKeyList } from '../../../http/middleware/api-keys.ts';

/** Marks a key as one of this server, for those who find it where it should not be. */
const PREFIX = 'nvs_';

/**
 * A new random key, and the line that lists it.
 *
 * @param scopes what it is for; for images and models by default
 * @throws KeyListError when the name is not one that a list takes
 */
export function newKey(
  client: string,
  scopes: readonly KeyScope[] = [],
): { readonly key: string; readonly line: string } {
  const key = PREFIX + randomBytes(32).toString('base64url');
  const suffix = scopes.length > 0 ? `:${scopes.join('+')}` : '';
  const line = `${client}:sha256:${nodeSha256(Uint8Array.from(Buffer.from(key)))}${suffix}`;
  readKeyList(line, nodeSha256);
  return { key, line };
}
