import { codedColours, type DeclaredColours } from '@naevus/shared/image/header/declared-colours';
import { ConversionFailure } from '../../../analysis/conversion-failure.ts';
import { createHeifLibrary, type HeifLibrary } from './heif-library.ts';
import type { Pixels, Transform } from './pixels.ts';

/** Of the C interface: `heif_colorspace_RGB`, `heif_chroma_interleaved_RGB` and `_RGBA`, `heif_channel_interleaved`. */
const RGB = 1;
const INTERLEAVED_RGB = 10;
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10;

/** `heif_error_code`. */
const UNSUPPORTED_FILETYPE = 3;
const UNSUPPORTED_FEATURE = 4;
const MEMORY_ALLOCATION = 6;
const PLUGIN_LOADING = 11;

/** Bytes for what functions write. */
const SCRATCH_BYTES = 256;
const OUT = 16;
const MOST_TRANSFORMS = 8;

/** Memory that libheif may take for one file in all, and for one block of it. */
const MOST_MEMORY = 640 << 20;

/** What libheif reads of a HEIF file, AVIF among them, before and beside its pixels. */
export class HeifFile {
  readonly #lib: HeifLibrary;
  readonly #name: string;
  readonly #context: number;
  readonly #scratch: number;
  readonly #handle: number;

  /**
   * @param name of the format, for messages
   * @throws ConversionFailure
   */
  constructor(bytes: Uint8Array, name: string, maxPixels: number) {
    const lib = createHeifLibrary();
    this.#lib = lib;
    this.#name = name;
    this.#context = lib._heif_context_alloc();
    this.#scratch = lib._malloc(SCRATCH_BYTES);
    this.#limit(maxPixels);
    const file = lib._malloc(bytes.length);
    if (file === 0) throw new ConversionFailure('too-large', `the ${name} file is too large`);
    lib.HEAPU8.set(bytes, file);
    this.#call((error) =>
      lib._heif_context_read_from_memory(error, this.#context, file, bytes.length, 0),
    );
    this.#call((error) =>
      lib._heif_context_get_primary_image_handle(error, this.#context, this.#scratch + OUT),
    );
    this.#handle = this.#u32(this.#scratch + OUT);
  }

  /** As displayed. */
  get size(): { readonly width: number; readonly height: number } {
    return {
      width: this.#lib._heif_image_handle_get_width(this.#handle),
      height: this.#lib._heif_image_handle_get_height(this.#handle),
    };
  }

  /** As coded, before it is turned and cropped. */
  get codedSize(): { readonly width: number; readonly height: number } {
    return {
      width: this.#lib._heif_image_handle_get_ispe_width(this.#handle),
      height: this.#lib._heif_image_handle_get_ispe_height(this.#handle),
    };
  }

  /** An embedded ICC profile, which counts before {@link declaredColours}. */
  get iccProfile(): Uint8Array | undefined {
    const lib = this.#lib;
    const length = lib._heif_image_handle_get_raw_color_profile_size(this.#handle);
    if (length === 0) return undefined;
    const to = lib._malloc(length);
    this.#call((error) => lib._heif_image_handle_get_raw_color_profile(error, this.#handle, to));
    return lib.HEAPU8.slice(to, to + length);
  }

  /** Colours by code points; undefined where they are sRGB, or not said. */
  get declaredColours(): DeclaredColours | undefined {
    const lib = this.#lib;
    const at = this.#scratch + OUT;
    lib._heif_image_handle_get_nclx_color_profile(this.#scratch, this.#handle, at);
    if (this.#u32(this.#scratch) !== 0) return undefined;
    const nclx = this.#u32(at);
    return nclxColours(this.#u32(nclx + 4), this.#u32(nclx + 8));
  }

  /** How the coded image is turned, mirrored and cropped to be displayed, in this order. */
  get transforms(): Transform[] {
    const lib = this.#lib;
    const item = lib._heif_image_handle_get_item_id(this.#handle);
    const list = this.#scratch + OUT;
    const count = lib._heif_item_get_transformation_properties(
      this.#context,
      item,
      list,
      MOST_TRANSFORMS,
    );
    let { width, height } = this.codedSize;
    const properties = Array.from({ length: count }, (_, i) => this.#u32(list + 4 * i));
    return properties.flatMap((property): Transform[] => {
      const transform = this.#transform(item, property, width, height);
      if (transform === undefined) return [];
      if (transform.kind === 'crop') {
        width -= transform.left + transform.right;
        height -= transform.top + transform.bottom;
        if (width < 1 || height < 1) throw this.#damaged();
      } else if (transform.kind === 'rotate' && transform.counterclockwise !== 180) {
        [width, height] = [height, width];
      }
      return [transform];
    });
  }

  /**
   * The pixels as displayed, in the file's own colours.
   *
   * @throws ConversionFailure
   */
  decode(): Pixels {
    const lib = this.#lib;
    const channels = lib._heif_image_handle_has_alpha_channel(this.#handle) !== 0 ? 4 : 3;
    const chroma = channels === 4 ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
    const at = this.#scratch + OUT;
    this.#call((error) => lib._heif_decode_image(error, this.#handle, at, RGB, chroma, 0));
    const image = this.#u32(at);
    const width = lib._heif_image_get_width(image, INTERLEAVED);
    const height = lib._heif_image_get_height(image, INTERLEAVED);
    const plane = lib._heif_image_get_plane_readonly(image, INTERLEAVED, at);
    const stride = this.#u32(at);
    const row = width * channels;
    if (plane === 0 || width < 1 || height < 1 || stride < row) throw this.#damaged();
    const data = new Uint8Array(row * height);
    for (let y = 0; y < height; y++) {
      data.set(lib.HEAPU8.subarray(plane + y * stride, plane + y * stride + row), y * row);
    }
    return { data, width, height, channels };
  }

  #transform(item: number, property: number, width: number, height: number): Transform | undefined {
    const lib = this.#lib;
    const type = lib._heif_item_get_property_type(this.#context, item, property);
    const name = String.fromCharCode(
      type >>> 24,
      (type >> 16) & 255,
      (type >> 8) & 255,
      type & 255,
    );
    if (name === 'irot') {
      const counterclockwise = lib._heif_item_get_property_transform_rotation_ccw(
        this.#context,
        item,
        property,
      );
      if (counterclockwise === 90 || counterclockwise === 180 || counterclockwise === 270) {
        return { kind: 'rotate', counterclockwise };
      }
    }
    if (name === 'imir') {
      const flips = lib._heif_item_get_property_transform_mirror(this.#context, item, property);
      return { kind: 'mirror', axis: flips === 0 ? 'rows' : 'columns' };
    }
    if (name === 'clap') {
      const to = [0, 4, 8, 12].map((i) => this.#scratch + SCRATCH_BYTES / 2 + i);
      lib._heif_item_get_property_transform_crop_borders(
        this.#context,
        item,
        property,
        width,
        height,
        ...(to as [number, number, number, number]),
      );
      const [left, top, right, bottom] = to.map((address) => Math.max(0, this.#u32(address) | 0));
      return { kind: 'crop', left: left!, top: top!, right: right!, bottom: bottom! };
    }
    return undefined;
  }

  /** `struct heif_security_limits`. */
  #limit(maxPixels: number): void {
    const limits = this.#lib._heif_context_get_security_limits(this.#context);
    const view = this.#view;
    const [mostPixels, mostBlock, mostMemory] = [8, 40, 64];
    view.setBigUint64(limits + mostPixels, BigInt(maxPixels), true);
    view.setBigUint64(limits + mostBlock, BigInt(MOST_MEMORY), true);
    view.setBigUint64(limits + mostMemory, BigInt(MOST_MEMORY), true);
  }

  #call(call: (error: number) => void): void {
    call(this.#scratch);
    const code = this.#u32(this.#scratch);
    if (code === 0) return;
    const reason = this.#text(this.#u32(this.#scratch + 8));
    if (code === UNSUPPORTED_FILETYPE || code === UNSUPPORTED_FEATURE || code === PLUGIN_LOADING) {
      throw new ConversionFailure(
        'format',
        `the ${this.#name} file is coded in a way that is not read here; convert it to JPEG (${reason})`,
      );
    }
    if (code === MEMORY_ALLOCATION) {
      throw new ConversionFailure(
        'too-large',
        `the ${this.#name} file takes more memory than there is, or has too many pixels; send it smaller (${reason})`,
      );
    }
    throw this.#damaged(reason);
  }

  #damaged(reason?: string): ConversionFailure {
    const why = reason === undefined ? '' : `: ${reason}`;
    return new ConversionFailure('damaged', `the ${this.#name} file is damaged${why}`);
  }

  /** Of the memory as it is now: it may have grown. */
  get #view(): DataView {
    const { buffer } = this.#lib.HEAPU8;
    return new DataView(buffer);
  }

  #u32(address: number): number {
    return this.#view.getUint32(address, true);
  }

  /** A message of libheif: ASCII, at most 200 characters. */
  #text(address: number): string {
    const bytes = this.#lib.HEAPU8.subarray(address, address + 200);
    const end = bytes.indexOf(0);
    const text = String.fromCharCode(...bytes.subarray(0, end < 0 ? undefined : end));
    return text.replaceAll(/[^\x20-\x7e]/g, ' ').trim();
  }
}

/** Primaries of Rec. ITU-T H.273 that cameras of standard range write of what they encode as sRGB. */
const STANDARD_PRIMARIES = [1, 5, 6, 7];
/** Its transfer functions of the same kind: of televisions of standard range. */
const STANDARD_TRANSFERS = [1, 6, 14, 15];
const SRGB = { primaries: 1, transfer: 13, matrix: 0, fullRange: 1 };

/**
 * The colours of an nclx box. Television systems of standard range count as sRGB, as in browsers: phones name the one
 * that their video encoder is set to, and the pixels are sRGB.
 */
function nclxColours(primaries: number, transfer: number): DeclaredColours | undefined {
  return codedColours(
    STANDARD_PRIMARIES.includes(primaries) ? SRGB.primaries : primaries,
    STANDARD_TRANSFERS.includes(transfer) ? SRGB.transfer : transfer,
    SRGB.matrix,
    SRGB.fullRange,
  );
}
