/** Batches that are prepared ahead of the step. */
const AHEAD = 3;

/** The batches of a stage, prepared a few steps before they are needed. */
export class PrefetchedBatches {
  private readonly pending = new Map<number, Promise<Float32Array>>();
  private readonly prepare: (step: number) => Promise<Float32Array>;
  private readonly end: number;

  /** @param end the step before which the stage ends */
  constructor(prepare: (step: number) => Promise<Float32Array>, end: number) {
    this.prepare = prepare;
    this.end = end;
  }

  /** The batch of a step; asks for those of the next ones. */
  take(step: number): Promise<Float32Array> {
    for (let at = step; at < Math.min(step + AHEAD, this.end); at++) {
      if (!this.pending.has(at)) this.pending.set(at, this.prepare(at));
    }
    const batch = this.pending.get(step);
    if (!batch)
      throw new RangeError(`step ${step} is not one of the stage, which ends at ${this.end}`);
    this.pending.delete(step);
    return batch;
  }
}
