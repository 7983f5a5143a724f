import * as z from 'zod';
import { ProblemError } from '../answers/problem-error.ts';
import type { KeyCheck } from '../http/context/key-check.ts';
import { type AccessSettings, accessSettings } from '../runtime/settings/access-settings.ts';
import { COMMON_VARIABLES } from '../runtime/settings/common-variables.ts';
import { readVariables } from '../runtime/settings/read-variables.ts';
import { whole } from '../runtime/settings/setting-types.ts';

/** Variables and secrets of the worker. */
const schema = z.object({
  NAEVUS_API_KEYS: COMMON_VARIABLES.NAEVUS_API_KEYS,
  NAEVUS_HSTS_SECONDS: COMMON_VARIABLES.NAEVUS_HSTS_SECONDS,
  NAEVUS_TRUSTED_KEY: COMMON_VARIABLES.NAEVUS_TRUSTED_KEY,
  /** Images of one page, which becomes one part of the table. */
  NAEVUS_PAGE_IMAGES: whole(1, 1000).default(500),
  /** Wait before the first retry; it doubles with each. */
  NAEVUS_RETRY_SECONDS: whole(0, 3600).default(30),
  /** Wait before a page's results are first looked for; it doubles with each look. */
  NAEVUS_SETTLE_SECONDS: whole(0, 3600).default(60),
});

export type BulkVariables = z.input<typeof schema>;

export interface BulkSettings extends AccessSettings {
  readonly keys: KeyCheck;
  readonly pageImages: number;
  readonly retrySeconds: number;
  readonly settleSeconds: number;
}

/** @throws SettingsError naming each setting that is wrong, and KeyListError of the list of keys */
export function readBulkSettings(bindings: object): BulkSettings {
  const variables = readVariables(
    schema,
    { ...bindings },
    { unknown: 'is not a setting of this worker' },
  );
  return {
    keys: NOBODY,
    ...accessSettings(variables),
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
