import * as z from 'zod';

/** An image of the bucket as it was when it was seen: another file under the same key is another image. */
export interface ImageReference {
  readonly key: string;
  readonly etag: string;
}

const job = z.string();
const page = z.int().nonnegative();

/** One image is to be analysed. */
const imageMessageSchema = z.object({
  kind: z.literal('image'),
  key: z.string(),
  etag: z.string(),
  /** The place in a job that waits for it, and the model that the job asks for. */
  place: z
    .object({
      job,
      page,
      index: z.int().nonnegative(),
      model: z.object({ version: z.string(), sha256: z.string() }),
      /** What the job asks of each answer. */
      query: z.string().optional(),
    })
    .optional(),
});

/** A lesion of a job's page is to be answered about. */
const lesionMessageSchema = z.object({
  kind: z.literal('lesion'),
  job,
  page,
  index: z.int().nonnegative(),
});

/** The next page of a job is to be listed. */
const listMessageSchema = z.object({ kind: z.literal('list'), job, page });

/** A page's results are to be made into a part of the table once they are all there. */
const settleMessageSchema = z.object({
  kind: z.literal('settle'),
  job,
  page,
  /** How often it was looked before. */
  round: z.int().nonnegative(),
  /** What has no result yet is to be put into the queue again. */
  enqueue: z.boolean(),
});

/** https://developers.cloudflare.com/r2/buckets/event-notifications/ */
const notificationSchema = z
  .object({
    action: z.enum([
      'PutObject',
      'CopyObject',
      'CompleteMultipartUpload',
      'DeleteObject',
      'LifecycleDeletion',
    ]),
    object: z.object({ key: z.string(), eTag: z.string().optional() }),
  })
  .transform(({ object: { key, eTag } }): ImageMessage | Nothing =>
    eTag === undefined ? { kind: 'nothing' } : { kind: 'image', key, etag: eTag },
  );

/** What the queues bring: this worker's own messages, and what R2 says of its objects. */
export const messageSchema = z.union([
  imageMessageSchema,
  lesionMessageSchema,
  listMessageSchema,
  settleMessageSchema,
  notificationSchema,
]);

export type ImageMessage = z.infer<typeof imageMessageSchema>;
export type LesionMessage = z.infer<typeof lesionMessageSchema>;
export type ListMessage = z.infer<typeof listMessageSchema>;
export type SettleMessage = z.infer<typeof settleMessageSchema>;
/** An object was deleted: there is nothing to look at. */
interface Nothing {
  readonly kind: 'nothing';
}
/** What there is to do, and may fail. */
export type BulkMessage = Exclude<z.infer<typeof messageSchema>, Nothing>;
