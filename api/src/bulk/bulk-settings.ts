import { webCryptoSha256 } from '@naevus/shared/model/verify';
import * as z from 'zod';
import { ProblemError } from '../answers/problem-error.ts';
import type { KeyCheck } from '../http/context/key-check.ts';
import { readKeyList } from '../http/middleware/api-keys.ts';
import { readVariables } from '../runtime/settings/read-variables.ts';
import { publicKeys } from '../runtime/settings/setting-types.ts';

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** Variables and secrets of the worker. */
const schema = z.object({
  NAEVUS_API_KEYS: z.string().optional(),
  NAEVUS_HSTS_SECONDS: whole(0, 63_072_000).optional(),
  NAEVUS_TRUSTED_KEY: publicKeys.optional(),
  /** Images of one page, which becomes one part of the table. */
  NAEVUS_PAGE_IMAGES: whole(1, 1000).default(500),
  /** Wait before the first retry; it doubles with each. */
  NAEVUS_RETRY_SECONDS: whole(0, 3600).default(30),
  /** Wait before a page's results are first looked for; it doubles with each look. */
  NAEVUS_SETTLE_SECONDS: whole(0, 3600).default(60),
});

export type BulkVariables = z.input<typeof schema>;

export interface BulkSettings {
  readonly keys: KeyCheck;
  readonly hstsSeconds?: number;
  readonly trustedKeys?: readonly string[];
  readonly pageImages: number;
  readonly retrySeconds: number;
  readonly settleSeconds: number;
}

/** @throws Error naming each variable that is wrong, and KeyListError of the list of keys */
export function readBulkSettings(bindings: object): BulkSettings {
  const variables = readVariables(schema, bindings);
  return {
    keys: variables.NAEVUS_API_KEYS
      ? readKeyList(variables.NAEVUS_API_KEYS, webCryptoSha256)
      : NOBODY,
    ...(variables.NAEVUS_HSTS_SECONDS !== undefined && {
      hstsSeconds: variables.NAEVUS_HSTS_SECONDS,
    }),
    ...(variables.NAEVUS_TRUSTED_KEY && { trustedKeys: variables.NAEVUS_TRUSTED_KEY }),
    pageImages: variables.NAEVUS_PAGE_IMAGES,
    retrySeconds: variables.NAEVUS_RETRY_SECONDS,
    settleSeconds: variables.NAEVUS_SETTLE_SECONDS,
  };
}

/** Whose bucket it is pays for what is asked: without keys, nobody may ask. */
const NOBODY: KeyCheck = {
  async clientOf() {
    const detail = 'this worker has no keys, so that nobody may ask it: set NAEVUS_API_KEYS';
    throw new ProblemError('unauthorized', detail);
  },
};
