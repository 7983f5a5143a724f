import type { Sha256 } from '@naevus/shared/model/verify';
import type { HonoRequest } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import type { KeyCheck } from '../context/key-check.ts';

/** One line of a list of keys: who it belongs to, and the digest of the key. */
interface ListedKey {
  readonly client: string;
  readonly digest: Uint8Array;
}

const LINE = /^(?<client>[A-Za-z0-9._-]{1,64}):sha256:(?<digest>[0-9a-f]{64})$/;

/** What RFC 6750 allows as a token. A header holds no more than 16 KiB: longer is no key of anyone. */
const TOKEN = /^[A-Za-z0-9\-._~+/]{1,512}=*$/;

/** A list of keys that cannot be used; the message says which line, and never what is in it. */
export class KeyListError extends Error {
  override readonly name = 'KeyListError';
}

/**
 * Keys by their digests: whoever reads the list cannot ask with it. SHA-256 without salt and
 * stretching is enough for keys that are random, as those of `keys NAME` are (256 bits).
 *
 * @param text one key a line or between commas, `NAME:sha256:HEX`; lines that begin with # are skipped.
 *   Several may have one name, so that a client can change from one to the next
 * @throws KeyListError when a line is something else, or there is none
 */
export function readKeyList(text: string, sha256: Sha256): KeyCheck {
  const keys: ListedKey[] = [];
  for (const [i, line] of text.split(/\r?\n|,/).entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const { client, digest } = LINE.exec(entry)?.groups ?? {};
    if (client === undefined || digest === undefined) {
      throw new KeyListError(`entry ${i + 1} of the keys is not NAME:sha256:HEX`);
    }
    keys.push({ client, digest: fromHex(digest) });
  }
  if (keys.length === 0) throw new KeyListError('there is no key among the keys');
  return {
    async clientOf(key) {
      if (!TOKEN.test(key)) return undefined;
      return find(keys, fromHex(await sha256(new TextEncoder().encode(key))));
    },
  };
}

/** Looks at every key to its end: how long it takes tells nothing about them. */
function find(keys: readonly ListedKey[], digest: Uint8Array): string | undefined {
  let found: string | undefined;
  for (const key of keys) {
    let difference = 0;
    for (let i = 0; i < digest.length; i++) difference |= digest[i]! ^ key.digest[i]!;
    if (difference === 0) found = key.client;
  }
  return found;
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}

const CHALLENGE = 'Bearer realm="naevus"';

/**
 * The client whose key a request carries, as `Authorization: Bearer` or as `X-API-Key`. Either may be
 * for somebody else, such as a gateway before this server: one that is right suffices.
 *
 * @throws ProblemError `unauthorized`
 */
export async function authenticate(request: HonoRequest, keys: KeyCheck): Promise<string> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.header('Authorization') ?? '')?.[1];
  const presented = [bearer, request.header('X-API-Key')].filter((key) => key !== undefined);
  for (const key of presented) {
    const client = await keys.clientOf(key);
    if (client !== undefined) return client;
  }
  const detail =
    presented.length === 0
      ? 'this route needs a key: send it as "Authorization: Bearer KEY" or as "X-API-Key: KEY"'
      : 'the key is not one of this server; ask its operator for another';
  const error = presented.length === 0 ? '' : ', error="invalid_token"';
  throw new ProblemError('unauthorized', detail, {
    headers: { 'WWW-Authenticate': `${CHALLENGE}${error}` },
  });
}
