const IFD_ENTRY_BYTES = 12;
const BYTE = 1;
const ASCII = 2;
const SHORT = 3;
const LONG = 4;

/** Directories of EXIF data (EXIF 2.32, section 4.5). What is broken counts as not there: an odd image is an image. */
export class ExifDirectories {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  /** Of the first directory. */
  readonly first: number;

  private constructor(view: DataView, littleEndian: boolean, first: number) {
    this.#view = view;
    this.#littleEndian = littleEndian;
    this.first = first;
  }

  /** @param tiff EXIF data from its TIFF header ("II" or "MM") on; undefined where that is none */
  static open(tiff: Uint8Array): ExifDirectories | undefined {
    if (tiff.length < 8) return undefined;
    const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
    const byteOrder = view.getUint16(0);
    if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return undefined;
    const littleEndian = byteOrder === 0x4949;
    if (view.getUint16(2, littleEndian) !== 42) return undefined;
    return new ExifDirectories(view, littleEndian, view.getUint32(4, littleEndian));
  }

  /**
   * The first number of a tag, where the entry itself holds it.
   * The standard says one SHORT or LONG; libexif, and with it libvips, takes what is close to it too.
   */
  unsigned(directory: number, tag: number): number | undefined {
    const entry = this.#find(directory, tag);
    if (entry === undefined) return undefined;
    const [type, count] = this.#typeAndCount(entry);
    if (type === BYTE && count >= 1 && count <= 4) return this.#view.getUint8(entry + 8);
    if (type === SHORT && count >= 1 && count <= 2) {
      return this.#view.getUint16(entry + 8, this.#littleEndian);
    }
    if (type === LONG && count === 1) return this.#view.getUint32(entry + 8, this.#littleEndian);
    return undefined;
  }

  /** The text of a tag, where it is one of at most four bytes; without what follows a zero. */
  shortText(directory: number, tag: number): string | undefined {
    const entry = this.#find(directory, tag);
    if (entry === undefined) return undefined;
    const [type, count] = this.#typeAndCount(entry);
    if (type !== ASCII || count > 4) return undefined;
    const bytes = Array.from({ length: count }, (_, i) => this.#view.getUint8(entry + 8 + i));
    return String.fromCharCode(...bytes).replace(/\0.*$/s, '');
  }

  #typeAndCount(entry: number): [type: number, count: number] {
    return [
      this.#view.getUint16(entry + 2, this.#littleEndian),
      this.#view.getUint32(entry + 4, this.#littleEndian),
    ];
  }

  #find(directory: number, tag: number): number | undefined {
    const { byteLength } = this.#view;
    if (directory < 8 || directory + 2 > byteLength) return undefined;
    const declared = this.#view.getUint16(directory, this.#littleEndian);
    const present = Math.floor((byteLength - directory - 2) / IFD_ENTRY_BYTES);
    for (let i = 0; i < Math.min(declared, present); i++) {
      const entry = directory + 2 + i * IFD_ENTRY_BYTES;
      if (this.#view.getUint16(entry, this.#littleEndian) === tag) return entry;
    }
    return undefined;
  }
}
