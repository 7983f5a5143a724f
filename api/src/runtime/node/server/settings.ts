import { DEFAULT_MAX_PIXELS } from '@naevus/shared/image/sharp-decode';
import { isVersion } from '@naevus/shared/model/version';
import * as z from 'zod';
import { MAX_BATCH } from '../../../schemas/request.ts';
import { COMMON_VARIABLES } from '../../settings/common-variables.ts';
import { readVariables } from '../../settings/read-variables.ts';
import { seconds, whole } from '../../settings/setting-types.ts';
import { isNetwork } from '../access/caller.ts';
import { ENGINES } from '../inference/worker-messages.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

const METRICS = ['key', 'open', 'off'] as const;

/** Kubernetes puts such variables into every pod beside a Service called `naevus…`. */
const KUBERNETES =
  /^NAEVUS(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$|^NAEVUS_PORT$/;

const versions = z.string().transform((text, context) => {
  if (text === 'all') return text;
  const list = text.split(',').map((version) => version.trim());
  if (list.every(isVersion)) return list;
  const message = 'must be versions like 1.2.3, separated by commas, or "all"';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const networks = z.string().transform((text, context) => {
  const list = text.split(',').map((network) => network.trim());
  if (list.every(isNetwork)) return list;
  const message = 'must be addresses or networks like 10.0.0.0/8, separated by commas';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** Hashes of keys, and where a password may be: neither is printed. */
const SECRETS: readonly string[] = ['NAEVUS_API_KEYS', 'REDIS_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** Every variable that the Node server reads. */
const variables = {
  PORT: whole(0, 65_535).default(8080).describe('port to listen on; 0 takes any that is free'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 for all'),
  NAEVUS_MODEL_DIR: z
    .string()
    .optional()
    .describe('folder with current.json, or of one version (default: the bundled model)'),
  NAEVUS_TRUSTED_KEY: COMMON_VARIABLES.NAEVUS_TRUSTED_KEY,
  NAEVUS_VERSIONS: versions
    .optional()
    .describe('versions to serve by name beside the current one, or "all" (default: none)'),
  NAEVUS_WORKERS: whole(1, 256)
    .optional()
    .describe('inference threads (default: the CPUs that may be used)'),
  NAEVUS_ENGINE: z
    .enum(ENGINES, { error: `must be one of ${ENGINES.join(', ')}` })
    .default('auto')
    .describe('native (onnxruntime), wasm, or native where there is a build for it (auto)'),
  NAEVUS_QUEUE: whole(0, 100_000).default(64).describe('images that may wait for a thread'),
  NAEVUS_MAX_BODY_BYTES: whole(1, 2 ** 30)
    .default(10 * 2 ** 20)
    .describe('bytes of a body, as it travels'),
  NAEVUS_MAX_BODIES_BYTES: whole(1, 2 ** 36)
    .default(128 * 2 ** 20)
    .describe('bytes of all bodies at once; more wait up to 5 s, then get 503'),
  NAEVUS_MAX_PIXELS: whole(1, 2 ** 30)
    .default(DEFAULT_MAX_PIXELS)
    .describe('pixels of one image'),
  NAEVUS_MAX_BATCH: whole(1, 1024).default(MAX_BATCH).describe('images of one batch'),
  NAEVUS_TIMEOUT_SECONDS: seconds(3600)
    .default(30)
    .describe('for a body to arrive, and then for its answer'),
  NAEVUS_KEEP_ALIVE_SECONDS: seconds(3600)
    .default(75)
    .describe('that a connection stays open between requests: longer than the gateway keeps it'),
  NAEVUS_DRAIN_SECONDS: seconds(3600)
    .default(10)
    .describe('to answer what was accepted, on SIGTERM'),
  NAEVUS_API_KEYS_FILE: z
    .string()
    .optional()
    .describe(
      'file of keys, one NAME:sha256:HEX or NAME:sha256:HEX:SCOPES a line; read again when it changes',
    ),
  NAEVUS_API_KEYS: COMMON_VARIABLES.NAEVUS_API_KEYS,
  NAEVUS_ALLOW_ANONYMOUS: COMMON_VARIABLES.NAEVUS_ALLOW_ANONYMOUS,
  NAEVUS_RATE_LIMIT: COMMON_VARIABLES.NAEVUS_RATE_LIMIT,
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, 'must be a URL like redis://localhost:6379')
    .optional()
    .describe('Redis in which several servers count together (default: each for itself)'),
  NAEVUS_TRUSTED_PROXIES: networks
    .default([])
    .describe(
      'addresses or networks whose X-Forwarded-For and -Proto are believed (default: none)',
    ),
  NAEVUS_HSTS_SECONDS: COMMON_VARIABLES.NAEVUS_HSTS_SECONDS,
  NAEVUS_CORS_ORIGINS: COMMON_VARIABLES.NAEVUS_CORS_ORIGINS,
  NAEVUS_METRICS: z
    .enum(METRICS, { error: `must be one of ${METRICS.join(', ')}` })
    .default('key')
    .describe(
      'who may read /metrics: a key with the scope metrics, anyone (open), or nobody (off)',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must be a URL like http://localhost:4318')
    .optional()
    .describe(
      'collector of traces, OTLP over HTTP; the other OTEL_ variables hold, too (default: none)',
    ),
  NAEVUS_LOG_KEY_NAMES: COMMON_VARIABLES.NAEVUS_LOG_KEY_NAMES,
  NAEVUS_LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info')
    .describe(LOG_LEVELS.join(', ')),
} satisfies Record<string, z.ZodType>;

const schema = z.object(variables);

export type Settings = z.infer<typeof schema>;

/**
 * Reads the settings out of the environment. Empty counts as unset.
 *
 * @throws SettingsError naming every variable that is unknown or has a wrong value
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  return readVariables(schema, environment, {
    unknown: 'is not a setting; --help lists them',
    foreign: KUBERNETES,
    printable: (name) => !SECRETS.includes(name),
  });
}

/** The settings as they may be printed. */
export function printableSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) =>
      SECRETS.includes(name) ? [name, '(set)'] : [name, value],
    ),
  );
}

const NAME_WIDTH = Math.max(...Object.keys(variables).map((name) => name.length)) + 2;

/** One line a setting, for `--help`. */
export function describeSettings(): string {
  const defaults = schema.parse({}) as Record<string, unknown>;
  return Object.entries(variables)
    .map(([name, type]) => {
      const value = defaults[name];
      const suffix = value === undefined || `${value}` === '' ? '' : ` (default: ${value})`;
      return `  ${name.padEnd(NAME_WIDTH)}${type.description}${suffix}`;
    })
    .join('\n');
}
