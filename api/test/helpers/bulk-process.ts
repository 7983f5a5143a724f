import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { type EdgeProcess, startEdge } from './edge-process.ts';

const CONFIG = fileURLToPath(new URL('../../wrangler.bulk.jsonc', import.meta.url));

/** The one key of the worker. */
const KEY = 'a-key-of-the-test';

/** Seconds that queues wait for a batch to be full: shorter than deployed. */
const BATCH_SECONDS = 0.2;

/** An object of a bucket, as a test sees it. */
export interface StoredObject {
  readonly key: string;
  readonly etag: string;
  /** Another one after each write. */
  readonly version: string;
}

/** A bucket from outside of the worker. */
export interface StoredBucket {
  put(
    key: string,
    file: Uint8Array | string,
    options?: { readonly customMetadata: Readonly<Record<string, string>> },
  ): Promise<StoredObject>;
  get(key: string): Promise<{ json(): Promise<unknown> } | null>;
  delete(key: string): Promise<void>;
  list(options: {
    prefix: string;
    cursor?: string;
  }): Promise<{ objects: StoredObject[]; truncated: boolean; cursor: string }>;
}

/** The bulk worker in workerd, with the buckets and queues of its configuration. */
export interface BulkProcess extends EdgeProcess {
  /** Asks with the key. */
  ask(path: string, method?: 'GET' | 'POST'): Promise<Response>;
  readonly images: StoredBucket;
  readonly predictions: StoredBucket;
  /** What it has logged. */
  readonly log: readonly string[];
}

/**
 * Starts what `buildEdge('bulk')` made. The queues are in memory, so that they end with it.
 *
 * @param persist folder in which the buckets outlive it
 * @param bindings variables beside those that make it fast
 * @param faults source of a module whose default export makes what stands in for the bucket of images,
 *   out of `{ STORED: the bucket }`
 */
export async function startBulk(
  persist: string,
  bindings: Readonly<Record<string, string>> = {},
  faults?: string,
): Promise<BulkProcess> {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG);
  const { r2Buckets, queueProducers, queueConsumers } = workerOptions;
  const { IMAGES, ...others } = r2Buckets as Record<string, object>;
  const faster = Object.entries(queueConsumers as Record<string, object>).map(
    ([name, consumer]) => [name, { ...consumer, maxBatchTimeout: BATCH_SECONDS }],
  );
  const digest = createHash('sha256').update(KEY).digest('hex');
  const log: string[] = [];
  const edge = await startEdge(
    {
      r2Buckets,
      r2Persist: persist,
      queueProducers,
      queueConsumers: Object.fromEntries(faster),
      bindings: {
        NAEVUS_API_KEYS: `operator:sha256:${digest}`,
        NAEVUS_RETRY_SECONDS: '0',
        NAEVUS_SETTLE_SECONDS: '1',
        ...bindings,
      },
      handleRuntimeStdio(...streams: Readable[]) {
        for (const input of streams)
          createInterface({ input }).on('line', (line) => log.push(line));
      },
      ...(faults && {
        name: 'bulk',
        r2Buckets: { ...others, STORED: IMAGES },
        wrappedBindings: { IMAGES: { scriptName: 'faults' } },
      }),
    },
    'bulk',
    faults
      ? [
          {
            name: 'faults',
            modules: [{ type: 'ESModule', path: 'faults.mjs', contents: faults }],
            r2Buckets: { STORED: IMAGES },
          },
        ]
      : [],
  );
  const bucket = async (name: string) =>
    (await edge.miniflare.getR2Bucket(name, faults && 'bulk')) as unknown as StoredBucket;
  return {
    ...edge,
    ask: (path, method = 'GET') =>
      fetch(edge.url + path, { method, headers: { 'X-API-Key': KEY } }),
    images: await bucket(faults ? 'STORED' : 'IMAGES'),
    predictions: await bucket('PREDICTIONS'),
    log,
  };
}
