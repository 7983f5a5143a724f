import * as z from 'zod';
import { flag, origins, publicKeys, rate, whole } from './setting-types.ts';

/** Settings that mean the same on Node and in the workers. */
export const COMMON_VARIABLES = {
  NAEVUS_API_KEYS: z
    .string()
    .optional()
    .describe('keys as in that file, separated by commas (default: none, open to everyone)'),
  NAEVUS_ALLOW_ANONYMOUS: flag
    .default(false)
    .describe('true to be reached from more than this machine without keys'),
  NAEVUS_LOG_KEY_NAMES: flag
    .default(true)
    .describe("whether the log says which client's key came; never the key"),
  NAEVUS_TRUSTED_KEY: publicKeys
    .optional()
    .describe('public keys, one of which must have signed the model (default: signed or not)'),
  NAEVUS_RATE_LIMIT: rate
    .optional()
    .describe('requests of one key, else of one address, like 600/minute (default: no limit)'),
  NAEVUS_HSTS_SECONDS: whole(0, 63_072_000)
    .optional()
    .describe('Strict-Transport-Security for HTTPS clients behind a trusted proxy (default: none)'),
  NAEVUS_CORS_ORIGINS: origins
    .optional()
    .describe('origins that browsers may call from, separated by commas (default: none)'),
};
