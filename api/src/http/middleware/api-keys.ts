import type { Sha256 } from '@naevus/shared/model/verify';
import type { HonoRequest } from 'hono';
import { ProblemError } from '../../answers/problem-error.ts';
import { type Client, isKeyScope, type KeyCheck, type KeyScope } from '../context/key-check.ts';

/** One key of a list: who it belongs to, and the digest of the key. */
interface ListedKey {
  readonly client: Client;
  readonly digest: Uint8Array;
}

/** What a text says of keys. */
export interface KeyList {
  readonly keys: readonly ListedKey[];
  /** Numbers of the lines that are no keys, from 1. */
  readonly faultyLines: readonly number[];
}

const ENTRY =
  /^(?<name>[A-Za-z0-9._-]{1,64}):sha256:(?<digest>[0-9a-f]{64})(?::(?<scopes>[a-z+]+))?$/;

/** Of a key whose line names none. */
const DEFAULT_SCOPES: readonly KeyScope[] = ['predict'];

/** What RFC 6750 allows as a token. A header holds no more than 16 KiB: longer is no key of anyone. */
const TOKEN = /^[A-Za-z0-9\-._~+/]{1,512}=*$/;

/** A list of keys that cannot be used; the message says which line, and never what is in it. */
export class KeyListError extends Error {
  override readonly name = 'KeyListError';
}

/**
 * Keys by their digests: someone who reads the list cannot use it. SHA-256 without salt and
 * stretching is enough for keys that are random, as those of `keys NAME` are (256 bits).
 *
 * @param text one key a line, or several with commas between them: `NAME:sha256:HEX`, or `NAME:sha256:HEX:SCOPES` with
 *   `+` between scopes (default: predict). Lines that begin with # are skipped. Several may have one name, so that a
 *   client can change from one to the next
 */
export function parseKeyList(text: string): KeyList {
  const keys: ListedKey[] = [];
  const faultyLines: number[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim().startsWith('#')) continue;
    const entries = line.split(',').map((entry) => entry.trim());
    const read = entries.filter((entry) => entry !== '').map(readEntry);
    keys.push(...read.filter((key) => key !== undefined));
    if (read.includes(undefined)) faultyLines.push(i + 1);
  }
  return { keys, faultyLines };
}

function readEntry(entry: string): ListedKey | undefined {
  const { name, digest, scopes: named } = ENTRY.exec(entry)?.groups ?? {};
  if (name === undefined || digest === undefined) return undefined;
  const scopes = named?.split('+') ?? DEFAULT_SCOPES;
  if (!scopes.every(isKeyScope)) return undefined;
  return { client: { name, scopes }, digest: fromHex(digest) };
}

/** Which lines are no keys, and what they should be. */
export function describeFaults(lines: readonly number[]): string {
  const which =
    lines.length === 1
      ? `line ${lines[0]} of the keys is`
      : `lines ${lines.join(', ')} of the keys are`;
  return `${which} not NAME:sha256:HEX`;
}

/**
 * Keys of a list that must be right as a whole.
 *
 * @param text as {@link parseKeyList} takes it
 * @throws KeyListError when a line is something else, or there is none
 */
export function readKeyList(text: string, sha256: Sha256): KeyCheck {
  const { keys, faultyLines } = parseKeyList(text);
  if (faultyLines.length > 0) throw new KeyListError(describeFaults(faultyLines));
  if (keys.length === 0) throw new KeyListError('there is no key among the keys');
  return checkKeys(keys, sha256);
}

/** Asks a list for the client of a key. */
export function checkKeys(keys: KeyList['keys'], sha256: Sha256): KeyCheck {
  return {
    async clientOf(key) {
      if (!TOKEN.test(key)) return undefined;
      return find(keys, fromHex(await sha256(new TextEncoder().encode(key))));
    },
  };
}

/** Looks at every key to its end: how long it takes tells nothing about them. */
function find(keys: KeyList['keys'], digest: Uint8Array): Client | undefined {
  let found: Client | undefined;
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
 * @param scope what the key must be for
 * @throws ProblemError `unauthorized`, `forbidden`
 */
export async function authenticate(
  request: HonoRequest,
  keys: KeyCheck,
  scope: KeyScope,
): Promise<Client> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.header('Authorization') ?? '')?.[1];
  const presented = [bearer, request.header('X-API-Key')].filter((key) => key !== undefined);
  let known = false;
  for (const key of presented) {
    const client = await keys.clientOf(key);
    if (client?.scopes.includes(scope)) return client;
    known ||= client !== undefined;
  }
  if (known) {
    const detail = `this key is not for ${scope}; ask the operator for one with that scope`;
    throw new ProblemError('forbidden', detail, {
      headers: {
        'WWW-Authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
      },
    });
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
