// What is used of the platform's R2 and Queues, as a worker is bound to them.

export interface BucketObject {
  readonly key: string;
  readonly etag: string;
  readonly size: number;
  readonly customMetadata?: Readonly<Record<string, string>>;
}

export interface BucketObjectBody extends BucketObject {
  readonly body: ReadableStream<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  json<T>(): Promise<T>;
}

export interface BucketPage {
  readonly objects: readonly BucketObject[];
  readonly delimitedPrefixes: readonly string[];
  readonly truncated: boolean;
  readonly cursor?: string;
}

export interface ListOptions {
  readonly prefix?: string;
  readonly limit?: number;
  readonly cursor?: string;
  readonly startAfter?: string;
  readonly delimiter?: string;
  readonly include?: readonly 'customMetadata'[];
}

/** A bucket of R2. */
export interface Bucket {
  head(key: string): Promise<BucketObject | null>;
  get(key: string, options?: { range: { offset: number } }): Promise<BucketObjectBody | null>;
  /** An object without a body where the condition does not hold. */
  get(
    key: string,
    options: { onlyIf: { etagMatches: string } },
  ): Promise<BucketObjectBody | BucketObject | null>;
  /** null where the condition does not hold. */
  put(
    key: string,
    value: string,
    options?: {
      onlyIf?: Headers;
      httpMetadata?: { contentType: string };
      customMetadata?: Readonly<Record<string, string>>;
    },
  ): Promise<BucketObject | null>;
  delete(key: string): Promise<void>;
  list(options: ListOptions): Promise<BucketPage>;
}

/** The sending end of a queue. */
export interface Queue<T> {
  send(body: T, options?: { delaySeconds: number }): Promise<unknown>;
  /** At most {@link MOST_MESSAGES}, and 256 KB together. */
  sendBatch(messages: readonly { body: T }[]): Promise<unknown>;
}

export const MOST_MESSAGES = 100;

/** One delivery of a message; what is neither acknowledged nor retried counts as acknowledged. */
export interface Delivery {
  readonly id: string;
  /** 1 at the first. */
  readonly attempts: number;
  readonly body: unknown;
  ack(): void;
  retry(options: { delaySeconds: number }): void;
}

export interface DeliveredBatch {
  readonly queue: string;
  readonly messages: readonly Delivery[];
}

/** Connections that an invocation may wait for at once. */
const CONNECTIONS = 6;

/** `work` on every item, a few at once; results in the order of the items. */
export async function mapFew<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += CONNECTIONS) {
    results.push(...(await Promise.all(items.slice(i, i + CONNECTIONS).map(work))));
  }
  return results;
}

/** All objects below a prefix, in the order of their keys. */
export async function* listAll(bucket: Bucket, prefix: string): AsyncGenerator<BucketObject> {
  let cursor: string | undefined;
  do {
    const page: BucketPage = await bucket.list({
      prefix,
      include: ['customMetadata'],
      ...(cursor && { cursor }),
    });
    yield* page.objects;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** @returns false where there was one already, which stays as it is */
export async function putOnce(
  bucket: Bucket,
  key: string,
  value: object,
  customMetadata: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const put = await bucket.put(key, JSON.stringify(value), {
    onlyIf: new Headers({ 'If-None-Match': '*' }),
    httpMetadata: { contentType: 'application/json' },
    customMetadata,
  });
  return put !== null;
}
