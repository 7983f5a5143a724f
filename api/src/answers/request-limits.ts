/** What a request may cost. */
export interface Limits {
  /** Bytes of a body as it travels. */
  readonly maxBodyBytes: number;
  /** Pixels of one image, by its header. */
  readonly maxPixels: number;
  /** Images of one batch. */
  readonly maxBatch: number;
  /** Seconds for a body to arrive, and then for the answer to be ready. */
  readonly timeoutSeconds: number;
}
