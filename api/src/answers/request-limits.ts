/** What a request may cost. */
export interface Limits {
  /** Bytes of a body as it travels. */
  readonly maxBodyBytes: number;
  /** Pixels of one image, by its header. */
  readonly maxPixels: number;
  /** Images of one batch. */
  readonly maxBatch: number;
  /** Runs of the network for one request; without it, as many as there is time for. */
  readonly maxNetworkRuns?: number;
  /** Pixels of all images of one request; without it, as many as the images may have. */
  readonly maxBatchPixels?: number;
  /** Seconds for a body to arrive, and then for the answer to be ready. */
  readonly timeoutSeconds: number;
}
