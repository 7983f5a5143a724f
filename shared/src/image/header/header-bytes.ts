import type { ImageFormat } from './image-header.ts';
import { DamagedImageError } from './image-header-error.ts';

/** A file's bytes with every read checked: one past the end throws {@link DamagedImageError}. */
export class HeaderBytes {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #format: ImageFormat;

  constructor(bytes: Uint8Array, format: ImageFormat) {
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
  }

  /** An error to throw for this file. */
  damaged(detail: string): DamagedImageError {
    return new DamagedImageError(this.#format, detail);
  }

  /** Throws unless `length` bytes from `offset` on are there. */
  need(offset: number, length: number): void {
    if (offset + length > this.length) {
      throw this.damaged(`cut off after ${this.length} bytes, inside its header`);
    }
  }

  u8(offset: number): number {
    this.need(offset, 1);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, littleEndian = false): number {
    this.need(offset, 2);
    return this.#view.getUint16(offset, littleEndian);
  }

  u24LittleEndian(offset: number): number {
    return this.u16(offset, true) | (this.u8(offset + 2) << 16);
  }

  u32(offset: number, littleEndian = false): number {
    this.need(offset, 4);
    return this.#view.getUint32(offset, littleEndian);
  }

  /** Four bytes as Latin-1 characters: the type of a PNG or RIFF chunk. */
  fourCC(offset: number): string {
    this.need(offset, 4);
    const at = (i: number): number => this.#view.getUint8(offset + i);
    // A file may have a million of them: no view for each.
    return String.fromCharCode(at(0), at(1), at(2), at(3));
  }

  /** A view of the bytes from `start` to `end`. */
  slice(start: number, end: number): Uint8Array {
    this.need(start, end - start);
    return this.#bytes.subarray(start, end);
  }
}

/** Whether `magic`, in Latin-1, lies at `offset`; false where the bytes end before it. */
export function hasMagic(bytes: Uint8Array, offset: number, magic: string): boolean {
  if (bytes.length < offset + magic.length) return false;
  for (let i = 0; i < magic.length; i++) {
    if (bytes[offset + i] !== magic.charCodeAt(i)) return false;
  }
  return true;
}
