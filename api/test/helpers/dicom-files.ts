type Bytes = Uint8Array<ArrayBuffer>;

/** What a test says of a DICOM file; the rest is as photographs of skin have it. */
export interface DicomSpec {
  readonly transferSyntax?: string;
  readonly photometric?: string;
  readonly width: number;
  readonly height: number;
  readonly samples?: number;
  readonly planar?: number;
  readonly bits?: number;
  readonly frames?: number;
  /** Uncompressed, or one fragment or more. */
  readonly pixels: Uint8Array | readonly Uint8Array[];
  /** Other elements: tag, value representation, value. */
  readonly elements?: readonly DicomElement[];
}

export type DicomElement = readonly [
  tag: number,
  vr: string,
  value: string | Uint8Array | readonly number[],
];

export const SYNTAX = {
  explicit: '1.2.840.10008.1.2.1',
  jpeg: '1.2.840.10008.1.2.4.50',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  jpegLs: '1.2.840.10008.1.2.4.80',
  rle: '1.2.840.10008.1.2.5',
} as const;

/** Whom a header names: nobody may find it in an answer or a log. */
export const NAMED_PATIENT: readonly DicomElement[] = [
  [0x00100010, 'PN', 'Mustermann^Erika'],
  [0x00100020, 'LO', 'SECRET-4711'],
  [0x00100030, 'DA', '19630412'],
];

const LONG_VRS = ['OB', 'OW', 'SQ', 'UN', 'UT'];
const UNDEFINED = 0xffffffff;

/** A DICOM Part 10 file in explicit little-endian (PS3.10, section 7; PS3.5, section 7). */
export function dicomFile(spec: DicomSpec): Bytes {
  const { width, height, samples = 3, planar = 0, bits = 8, pixels } = spec;
  const meta = element(0x00020010, 'UI', spec.transferSyntax ?? SYNTAX.explicit);
  const elements: DicomElement[] = [
    [0x00080060, 'CS', 'XC'],
    ...(spec.elements ?? []),
    [0x00280002, 'US', [samples]],
    [0x00280004, 'CS', spec.photometric ?? 'RGB'],
    ...(samples === 3 ? [[0x00280006, 'US', [planar]] as const] : []),
    ...(spec.frames ? [[0x00280008, 'IS', String(spec.frames)] as const] : []),
    [0x00280010, 'US', [height]],
    [0x00280011, 'US', [width]],
    [0x00280100, 'US', [bits]],
    [0x00280101, 'US', [bits]],
    [0x00280102, 'US', [bits - 1]],
    [0x00280103, 'US', [0]],
  ];
  const sorted = [...elements].sort(([a], [b]) => a - b);
  return bytesOf(
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', Uint8Array.of(meta.length, 0, 0, 0)),
    meta,
    ...sorted.map((one) => element(...one)),
    pixels instanceof Uint8Array ? element(0x7fe00010, 'OB', pixels) : encapsulated(pixels),
  );
}

/** An element; texts and bytes are made even. */
export function element(tag: number, vr: string, value: DicomElement[2], length?: number): Buffer {
  const data =
    typeof value === 'string'
      ? Buffer.from(value, 'latin1')
      : value instanceof Uint8Array
        ? Buffer.from(value)
        : Buffer.from(Uint16Array.from(value).buffer);
  const padding = Buffer.alloc(data.length & 1, typeof value === 'string' && vr !== 'UI' ? ' ' : 0);
  const long = LONG_VRS.includes(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  const size = length ?? data.length + padding.length;
  if (long) head.writeUInt32LE(size, 8);
  else head.writeUInt16LE(size, 6);
  return Buffer.concat([head, data, padding]);
}

/** An item or a delimiter of one, which have no value representation. */
export function item(
  tag: number,
  data: Uint8Array = Buffer.alloc(0),
  length = data.length,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, data]);
}

function encapsulated(fragments: readonly Uint8Array[]): Buffer {
  return Buffer.concat([
    element(0x7fe00010, 'OB', Buffer.alloc(0), UNDEFINED),
    item(0xfffee000),
    ...fragments.map((one) => item(0xfffee000, even(one))),
    item(0xfffee0dd),
  ]);
}

function even(data: Uint8Array): Uint8Array {
  return data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
}

/** A frame of run lengths: a literal or a run at a time, a segment a sample. */
export function rleFrame(planes: readonly Uint8Array[]): Bytes {
  const segments = planes.map((plane) => even(Buffer.from(packed(plane))));
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let at = 64;
  for (const [i, segment] of segments.entries()) {
    header.writeUInt32LE(at, 4 * (i + 1));
    at += segment.length;
  }
  return bytesOf(header, ...segments);
}

function packed(plane: Uint8Array): number[] {
  const out: number[] = [];
  for (let at = 0; at < plane.length; ) {
    let run = 1;
    while (run < 128 && plane[at + run] === plane[at]) run++;
    if (run > 1) out.push(257 - run, plane[at]!);
    else out.push(0, plane[at]!);
    at += run;
  }
  return out;
}

function bytesOf(...parts: readonly Uint8Array[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}
