/// <reference path="../wasm/webassembly.d.ts" />

import { growTo, layOut } from '../wasm/wasm-memory.ts';
import { type FilterCoefficients, triangleCoefficients } from './filter-coefficients.ts';
import { INPUT_SIZE, type RgbImage } from './preprocessing-spec.ts';

/** What `assembly/resampler.ts` exports. All pointers are byte addresses in `memory`. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  accumulateRows(
    rows: number,
    stride: number,
    count: number,
    weights: number,
    sums: number,
    length: number,
    fresh: 0 | 1,
  ): void;
  reduceRow(
    sums: number,
    firstColumn: number,
    spans: number,
    weights: number,
    taps: number,
    out: number,
    outWidth: number,
  ): void;
  roundRow(sums: number, out: number, count: number): void;
}

export interface Resampler {
  /**
   * Resamples a picture with the filter of `PREPROCESSING` (antialiased triangle) to any size.
   *
   * @param image RGB picture of any size
   * @param width columns wanted, a positive integer
   * @param height rows wanted, a positive integer
   * @param crop share of both sides that is shown, in the middle of the picture; above 0 to 1, by default all of it
   * @returns a new array of `height * width * 3` RGB bytes
   * @throws RangeError when a size is not a positive integer, `crop` is not above 0 to 1, or `image.data` does
   *   not have `image.height * image.width * 3` bytes
   */
  resize(image: RgbImage, width: number, height: number, crop?: number): Uint8Array<ArrayBuffer>;
  /**
   * The network's input: the middle of the picture, or all of it, squashed to 224x224.
   *
   * @param crop `preprocessing.crop` of the version's manifest
   * @returns a new array of 224 * 224 * 3 RGB bytes
   * @throws RangeError as {@link Resampler.resize}
   */
  resizeToInput(image: RgbImage, crop: number): Uint8Array<ArrayBuffer>;
}

/** Bytes of the picture that lie in wasm memory at a time: about what a core's second-level cache holds. */
const STRIP_BYTES = 1 << 19;
/** Wider pictures are done in tiles of about this many columns, so that a row of sums stays small. */
const TILE_COLUMNS = 1 << 14;
/** What the kernels may read or write past the end of a region, and the alignment of regions. */
const SLACK = 64;
/** Pairs of input and output length whose weights are kept, and how long weights may be to be kept. */
const CACHED_COEFFICIENTS = 16;
const CACHED_BYTES_EACH = 1 << 18;

/**
 * Makes the resampler that training, evaluation, Node, edge and browser share: the same bytes in,
 * the same bytes out, on every engine.
 *
 * Pictures go through wasm memory strip by strip, so that it stays at about a megabyte for
 * usual pictures (the weights of a side of a million pixels take 8 bytes for each of them, and the
 * columns under one output pixel have to fit in beside each other).
 * Not reentrant, which synchronous calls never are; make one for each thread.
 *
 * @param module `@naevus/shared/kernels.wasm`, compiled the way the runtime allows
 * @example
 * const module = new WebAssembly.Module(readFileSync(fileURLToPath(import.meta.resolve('@naevus/shared/kernels.wasm'))));
 * const input = createResampler(module).resizeToInput(image, manifest.preprocessing.crop);
 */
export function createResampler(module: WebAssembly.Module): Resampler {
  const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels;
  const coefficients = cachedCoefficients();

  function resize(
    image: RgbImage,
    width: number,
    height: number,
    crop = 1,
  ): Uint8Array<ArrayBuffer> {
    checkSizes(image, width, height, crop);
    const vertical = coefficients(image.height, height, crop);
    const horizontal = coefficients(image.width, width, crop);
    const keepsColumns = crop === 1 && width === image.width;
    const output = new Uint8Array(width * height * 3);
    for (let x = 0; x < width; ) {
      const end = tileEnd(horizontal, x, width);
      resizeTile(kernels, image, vertical, horizontal, x, end, output, width, keepsColumns);
      x = end;
    }
    return output;
  }

  return { resize, resizeToInput: (image, crop) => resize(image, INPUT_SIZE, INPUT_SIZE, crop) };
}

/** End of the run of output columns from `x` on whose input columns fit in a tile; at least one. */
function tileEnd({ spans }: FilterCoefficients, x: number, width: number): number {
  const limit = spans[2 * x]! + TILE_COLUMNS;
  let end = x + 1;
  while (end < width && spans[2 * end]! + spans[2 * end + 1]! <= limit) end++;
  return end;
}

/** Fills the columns `x` to `xEnd` of `output`. */
function resizeTile(
  kernels: Kernels,
  image: RgbImage,
  vertical: FilterCoefficients,
  horizontal: FilterCoefficients,
  x: number,
  xEnd: number,
  output: Uint8Array,
  outWidth: number,
  keepsColumns: boolean,
): void {
  const firstColumn = horizontal.spans[2 * x]!;
  const lastSpan = 2 * (xEnd - 1);
  const columns = horizontal.spans[lastSpan]! + horizontal.spans[lastSpan + 1]! - firstColumn;
  const rowBytes = columns * 3;
  const outHeight = vertical.spans.length / 2;
  const stripRows = Math.min(image.height, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));

  const regions = layOut(SLACK, SLACK);
  const verticalWeights = regions.place(vertical.weights.byteLength);
  const horizontalSpans = regions.place(horizontal.spans.byteLength);
  const horizontalWeights = regions.place(horizontal.weights.byteLength);
  const sums = regions.place((rowBytes + horizontal.stride * 3) * 4);
  const outRow = regions.place((xEnd - x) * 3);
  const strip = regions.place(stripRows * rowBytes);
  growTo(kernels.memory, regions.end);

  const memory = kernels.memory.buffer;
  const bytes = new Uint8Array(memory);
  new Float32Array(memory, verticalWeights).set(vertical.weights);
  new Uint32Array(memory, horizontalSpans).set(horizontal.spans);
  new Float32Array(memory, horizontalWeights).set(horizontal.weights);
  // What the last columns are summed up with, which weighs nothing but must be numbers.
  new Float32Array(memory, sums + rowBytes * 4, horizontal.stride * 3 + 1).fill(0);

  let stripStart = 0;
  let stripEnd = 0;
  const loadStrip = (row: number): void => {
    stripStart = row;
    stripEnd = Math.min(image.height, row + stripRows);
    const start = (row * image.width + firstColumn) * 3;
    if (columns === image.width) {
      bytes.set(image.data.subarray(start, start + (stripEnd - row) * rowBytes), strip);
      return;
    }
    for (let r = 0; r < stripEnd - row; r++) {
      const from = start + r * image.width * 3;
      bytes.set(image.data.subarray(from, from + rowBytes), strip + r * rowBytes);
    }
  };

  for (let y = 0; y < outHeight; y++) {
    const first = vertical.spans[2 * y]!;
    const end = first + vertical.spans[2 * y + 1]!;
    const weights = verticalWeights + y * vertical.stride * 4;
    if (end > stripEnd && end - first <= stripRows) loadStrip(first);
    for (let row = first; row < end; ) {
      if (row < stripStart || row >= stripEnd) loadStrip(row);
      const count = Math.min(end, stripEnd) - row;
      kernels.accumulateRows(
        strip + (row - stripStart) * rowBytes,
        rowBytes,
        count,
        weights + (row - first) * 4,
        sums,
        rowBytes,
        row === first ? 1 : 0,
      );
      row += count;
    }
    if (keepsColumns) kernels.roundRow(sums, outRow, (xEnd - x) * 3);
    else {
      kernels.reduceRow(
        sums,
        firstColumn,
        horizontalSpans + x * 8,
        horizontalWeights + x * horizontal.stride * 4,
        horizontal.stride,
        outRow,
        xEnd - x,
      );
    }
    output.set(bytes.subarray(outRow, outRow + (xEnd - x) * 3), (y * outWidth + x) * 3);
  }
}

/** {@link triangleCoefficients} with the most recently used results kept. */
function cachedCoefficients(): typeof triangleCoefficients {
  const cache = new Map<string, FilterCoefficients>();
  return (inSize, outSize, crop) => {
    const key = `${inSize}:${outSize}:${crop}`;
    const found = cache.get(key) ?? triangleCoefficients(inSize, outSize, crop);
    if (found.weights.byteLength > CACHED_BYTES_EACH) return found;
    cache.delete(key);
    cache.set(key, found);
    if (cache.size > CACHED_COEFFICIENTS) cache.delete(cache.keys().next().value!);
    return found;
  };
}

function checkSizes(image: RgbImage, width: number, height: number, crop: number): void {
  for (const [name, size] of [
    ['image.width', image.width],
    ['image.height', image.height],
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`${name} must be a positive integer, not ${size}`);
    }
  }
  if (!(crop > 0 && crop <= 1)) {
    throw new RangeError(`crop must be above 0 to 1, not ${crop}`);
  }
  const expected = image.width * image.height * 3;
  if (image.data.length !== expected) {
    throw new RangeError(
      `a ${image.width}x${image.height} RGB picture has ${expected} bytes, not ${image.data.length}`,
    );
  }
}
