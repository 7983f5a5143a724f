import { type EngineInput, type NetworkOptions, networkRuns } from '../../../analysis/engine.ts';

type Format = NonNullable<EngineInput['header']>['format'];

/** Until something was measured: of a core that does other work beside. */
const FIRST_RUN_MS = 20;
const FIRST_DECODE_MS_PER_MEGAPIXEL: Readonly<Partial<Record<Format, number>>> = { jpeg: 5 };
/** Every other format is decoded whole. */
const FIRST_OTHER_DECODE_MS_PER_MEGAPIXEL = 40;

/** A longer time than expected is believed soon, a shorter one slowly: what is accepted must be answered in time. */
const RISING = 0.2;
const FALLING = 0.05;

/** Below, what is measured is not the pixels. */
const LEAST_MEGAPIXELS = 0.5;

/** Milliseconds of one worker. */
export interface Work {
  readonly ms: number;
  /** What of it is the network's: by far the better estimate. */
  readonly networkMs: number;
}

/** What images take a worker, learnt from those that it has analysed. */
export class WorkEstimate {
  #runMs = FIRST_RUN_MS;
  readonly #decodeMsPerMegapixel = new Map<Format, number>();

  /** @param image undefined where it is not known yet: the least that one takes */
  of(image: EngineInput | undefined, options: NetworkOptions): Work {
    const header = image?.header;
    const networkMs = networkRuns(options) * this.#runMs;
    const decodeMs = header ? megapixels(header) * this.#decodeRate(header.format) : 0;
    return { ms: decodeMs + networkMs, networkMs };
  }

  /** @param how `wide`: the network ran on several threads, which says nothing of how long it takes on one */
  learn(
    { header }: EngineInput,
    options: NetworkOptions,
    { decodeMs, inferenceMs }: { readonly decodeMs: number; readonly inferenceMs: number },
    { wide }: { readonly wide: boolean },
  ): void {
    if (!wide) this.#runMs = moved(this.#runMs, inferenceMs / networkRuns(options));
    if (header === undefined) return;
    const { format } = header;
    this.#decodeMsPerMegapixel.set(
      format,
      moved(this.#decodeRate(format), decodeMs / megapixels(header)),
    );
  }

  #decodeRate(format: Format): number {
    return (
      this.#decodeMsPerMegapixel.get(format) ??
      FIRST_DECODE_MS_PER_MEGAPIXEL[format] ??
      FIRST_OTHER_DECODE_MS_PER_MEGAPIXEL
    );
  }
}

function megapixels({ width, height }: { width: number; height: number }): number {
  return Math.max(LEAST_MEGAPIXELS, (width * height) / 1e6);
}

function moved(before: number, measured: number): number {
  return before + (measured > before ? RISING : FALLING) * (measured - before);
}
