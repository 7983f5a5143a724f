/** A model on an engine. */
export interface Classifier {
  /** Engine and version, for reports. */
  readonly engine: string;
  /**
   * @param rgb the prepared picture: 224 * 224 * 3 bytes, row by row, three bytes a pixel
   * @returns one logit a label
   */
  logits(rgb: Uint8Array): Promise<Float32Array>;
  close(): Promise<void>;
}
