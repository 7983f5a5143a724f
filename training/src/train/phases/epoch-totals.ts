import type { Checkpoint } from '../../run/checkpoint.ts';

/** What the steps of an epoch add up to. */
export class EpochTotals {
  private sums: Checkpoint['epochLoss'];

  constructor(begun: Checkpoint['epochLoss'] = { sum: 0, images: 0, seconds: 0 }) {
    this.sums = { ...begun };
  }

  /** @param loss mean over the step's images */
  add(loss: number, images: number, seconds: number): void {
    this.sums = {
      sum: this.sums.sum + loss * images,
      images: this.sums.images + images,
      seconds: this.sums.seconds + seconds,
    };
  }

  get values(): Checkpoint['epochLoss'] {
    return this.sums;
  }

  get meanLoss(): number {
    return this.sums.sum / this.sums.images;
  }

  get imagesPerSecond(): number {
    return this.sums.images / this.sums.seconds;
  }
}
