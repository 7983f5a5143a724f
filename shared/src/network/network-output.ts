/** What the network gives for one image. */
export interface NetworkOutput {
  /** One a label, in the order of the outputs. */
  readonly logits: Float32Array;
  /** `[class, y, x]`, before the ReLU: maps of 7 x 7, or of 14 x 14 where they were stitched. */
  readonly cam: Float32Array;
  /** The pooled features, where the version's graph gives them. */
  readonly features?: Float32Array;
}

/** Runs the network on one image: 224 x 224 x 3 RGB bytes, row by row. */
export type Classify = (rgb: Uint8Array) => Promise<NetworkOutput>;

/**
 * Rows of a class's map, which has as many columns.
 *
 * @throws RangeError when the maps are not square
 */
export function mapSide(cam: ArrayLike<number>, classCount: number): number {
  const side = Math.sqrt(cam.length / classCount);
  if (Number.isInteger(side) && side > 0) return side;
  throw new RangeError(`cam must have ${classCount} square maps, not ${cam.length} values in all`);
}
