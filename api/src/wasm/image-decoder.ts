import { embedDeclaredColours } from '@naevus/shared/image/colour/embed-profile';
import { displayedSize, type ImageHeader } from '@naevus/shared/image/header/image-header';
import { DamagedImageError } from '@naevus/shared/image/header/image-header-error';
import { loadReduction } from '@naevus/shared/image/sharp-decode';
import { type ImageDecoder, UnservedImageError } from '../analysis/ports.ts';

/** What `codecs/decode.c` exports. Pointers are byte addresses in the memory. */
interface Codecs {
  begin(size: number): number;
  checkJpeg(file: number, size: number): void;
  decodeJpeg(file: number, size: number, orientation: number, denominator: number): void;
  decodePng(file: number, size: number, orientation: number, by: number): void;
  decodeWebp(file: number, size: number, orientation: number, by: number): void;
  resultData(): number;
  resultWidth(): number;
  resultHeight(): number;
}

/** In the order of `enum fault` in `codecs/jpeg_checks.h`. */
const FAULTS = [
  'cut-off',
  'corrupt',
  'out-of-memory',
  'cmyk-without-profile',
  'colour-model',
] as const;

const CORRUPT = FAULTS.indexOf('corrupt');

const DAMAGED = 'its pixels are corrupt or cut off';

class CodecFault extends Error {
  override readonly name = 'CodecFault';
  readonly fault: (typeof FAULTS)[number];

  constructor(fault: (typeof FAULTS)[number]) {
    super(fault);
    this.fault = fault;
  }
}

const WASM_PAGE = 1 << 16;
/** Pages that the codecs' own data and stack take. */
const INITIAL_PAGES = 16;
/** An instance whose memory has grown past this is not kept: wasm memory never shrinks. */
const KEPT_BYTES = 24 << 20;
/** A PNG or WebP of more pixels is averaged until it has no more: what the resampler is given then takes 24 MB. */
const MOST_PIXELS = 8_000_000;

/** What libjpeg decodes at, for each of {@link loadReduction}'s factors. */
const DENOMINATORS: Readonly<Record<number, number>> = { 1: 1, 3: 2, 5: 4, 9: 8 };

/**
 * The decoder of runtimes without sharp: libjpeg, libpng, libwebp and Little CMS in WebAssembly.
 *
 * Large JPEGs are decoded at 1/2, 1/4 or 1/8 as on Node, without the last step of 1.125 to 1.5 that
 * sharp adds; large PNGs and WebPs are averaged over squares as they are decoded, so that no image
 * needs the memory of all its pixels (but interlaced PNGs and lossless WebPs).
 *
 * @param module `codecs/decoder.wasm`, compiled the way the runtime allows
 * @param maxMemoryBytes what the codecs may take; an image that needs more is an {@link UnservedImageError}
 */
export function createWasmDecoder(
  module: WebAssembly.Module,
  maxMemoryBytes: number,
): ImageDecoder {
  let kept: { codecs: Codecs; memory: WebAssembly.Memory } | undefined;

  return async (original, originalHeader, use) => {
    const { bytes, header } = embedDeclaredColours({ bytes: original, header: originalHeader });
    const { codecs, memory } = kept ?? instantiate(module, maxMemoryBytes);
    // Whatever is thrown in the middle of C code leaves an instance that must not be used again.
    kept = undefined;
    try {
      const file = place(bytes, codecs, memory);
      const { orientation } = header;
      const by = averagedOver(header);
      if (header.format === 'jpeg') {
        codecs.decodeJpeg(file, bytes.length, orientation, DENOMINATORS[loadReduction(header)]!);
      } else if (header.format === 'png') {
        codecs.decodePng(file, bytes.length, orientation, by);
      } else {
        codecs.decodeWebp(file, bytes.length, orientation, by);
      }
    } catch (error) {
      throw imageError(error, header, maxMemoryBytes);
    }
    const width = codecs.resultWidth();
    const height = codecs.resultHeight();
    const data = new Uint8Array(memory.buffer, codecs.resultData(), width * height * 3);
    const used = use({ data, width, height, displayed: displayedSize(header) });
    if (memory.buffer.byteLength <= KEPT_BYTES) kept = { codecs, memory };
    return used;
  };
}

/** Sides of the squares that a PNG's or WebP's pixels are averaged over. */
function averagedOver({ width, height }: ImageHeader): number {
  return Math.min(Math.ceil(Math.sqrt((width * height) / MOST_PIXELS)), width, height);
}

/**
 * Checks JPEGs and WebPs that something else decodes, as {@link createWasmDecoder} checks what it decodes: whether their
 * data are those that were encoded. A PNG's checksums are checked by every decoder.
 *
 * @returns a function that throws DamagedImageError where they are not, and {@link UnservedImageError} where checking
 *   takes more than the memory
 */
export function createFileCheck(module: WebAssembly.Module, maxMemoryBytes: number) {
  return (bytes: Uint8Array, header: ImageHeader): void => {
    const { codecs, memory } = instantiate(module, maxMemoryBytes);
    try {
      const file = place(bytes, codecs, memory);
      if (header.format === 'jpeg') codecs.checkJpeg(file, bytes.length);
      if (header.format === 'webp') codecs.decodeWebp(file, bytes.length, 1, averagedOver(header));
    } catch (error) {
      throw imageError(error, header, maxMemoryBytes);
    }
  };
}

/** @returns the address of the file in the memory */
function place(bytes: Uint8Array, codecs: Codecs, memory: WebAssembly.Memory): number {
  const file = codecs.begin(bytes.length);
  new Uint8Array(memory.buffer, file, bytes.length).set(bytes);
  return file;
}

function instantiate(module: WebAssembly.Module, maxMemoryBytes: number) {
  const memory = new WebAssembly.Memory({
    initial: INITIAL_PAGES,
    maximum: Math.max(INITIAL_PAGES, Math.floor(maxMemoryBytes / WASM_PAGE)),
  });
  const fail = (code: number): never => {
    throw new CodecFault(FAULTS[code]!);
  };
  // Little CMS dates the profile that it makes; whatever else it could open files with is not called.
  const system = Object.fromEntries(
    WebAssembly.Module.imports(module)
      .filter((entry) => entry.module === 'wasi_snapshot_preview1')
      .map(({ name }) => [name, () => (name === 'clock_time_get' ? 0 : fail(CORRUPT))]),
  );
  const imports = { env: { memory, fail }, wasi_snapshot_preview1: system };
  const { exports } = new WebAssembly.Instance(module, imports);
  return { codecs: exports as unknown as Codecs, memory };
}

function imageError(error: unknown, header: ImageHeader, maxMemoryBytes: number): unknown {
  // A trap is memory that libraries reached past, on bytes that are wrong.
  if (error instanceof WebAssembly.RuntimeError) {
    return new DamagedImageError(header.format, DAMAGED);
  }
  if (!(error instanceof CodecFault)) return error;
  switch (error.fault) {
    case 'cut-off':
    case 'corrupt':
      return new DamagedImageError(header.format, DAMAGED);
    case 'out-of-memory': {
      const detail = `decoding this ${header.format.toUpperCase()} of ${header.width} x ${header.height} pixels takes more than the ${Math.floor(maxMemoryBytes / 2 ** 20)} MiB of memory there are; send it smaller, or as a baseline JPEG`;
      return new UnservedImageError('too-large', detail);
    }
    case 'cmyk-without-profile': {
      const detail =
        'a CMYK image without an embedded colour profile is not supported by this engine; convert it to RGB';
      return new UnservedImageError('colours', detail);
    }
    case 'colour-model': {
      const detail = `a JPEG with ${header.channels} components is not supported by this engine; convert it to RGB`;
      return new UnservedImageError('colours', detail);
    }
  }
}
