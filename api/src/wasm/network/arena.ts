/** Regions start at multiples of this: a cache line. */
const ALIGNMENT = 64;

/** Lays regions of bytes beside each other, and where one was given back, over it. */
export class Arena {
  /** Sorted, and never adjoining. */
  readonly #free: { start: number; end: number }[] = [];
  readonly #taken = new Map<number, number>();
  #end: number;

  /** @param start where the first region may lie */
  constructor(start: number) {
    this.#end = align(start);
  }

  /** Where the last region ends that there ever was. */
  get end(): number {
    return this.#end;
  }

  /** @returns where the region starts */
  take(bytes: number): number {
    const length = align(bytes);
    const gap = this.#free.find(({ start, end }) => end - start >= length);
    const last = this.#free.at(-1);
    let start: number;
    if (gap !== undefined) {
      start = gap.start;
      gap.start += length;
      if (gap.start === gap.end) this.#free.splice(this.#free.indexOf(gap), 1);
    } else if (last?.end === this.#end) {
      start = last.start;
      this.#free.pop();
      this.#end = start + length;
    } else {
      start = this.#end;
      this.#end += length;
    }
    this.#taken.set(start, length);
    return start;
  }

  /** @throws Error where no region that was taken starts there */
  give(start: number): void {
    const length = this.#taken.get(start);
    if (length === undefined) throw new Error(`no region starts at ${start}`);
    this.#taken.delete(start);
    this.#free.push({ start, end: start + length });
    this.#free.sort((a, b) => a.start - b.start);
    for (let i = this.#free.length - 1; i > 0; i--) {
      const [before, after] = [this.#free[i - 1]!, this.#free[i]!];
      if (before.end !== after.start) continue;
      before.end = after.end;
      this.#free.splice(i, 1);
    }
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
