import { joinBytes } from '@naevus/shared/bytes/join-bytes';
import { type DataSet, type Element, parseDicom } from 'dicom-parser';
import { ConversionFailure } from '../analysis/conversion-failure.ts';
import type { StatedPatient } from '../analysis/file-converter.ts';
import { damagedDicom } from './damaged-dicom.ts';
import { readPatient } from './dicom-patient.ts';
import { readFragments } from './fragments.ts';
import { type Palette, readPalette } from './palette.ts';
import { CODING_NAMES, type PixelCoding, pixelCoding } from './transfer-syntax.ts';

/** Tags, as dicom-parser writes them (PS3.6). */
const TAG = {
  transferSyntax: 'x00020010',
  samples: 'x00280002',
  photometric: 'x00280004',
  planar: 'x00280006',
  frames: 'x00280008',
  rows: 'x00280010',
  columns: 'x00280011',
  bitsAllocated: 'x00280100',
  iccProfile: 'x00282000',
  colourSpace: 'x00282002',
  pixels: 'x7fe00010',
} as const;

/** Colours that pixels can be in, of those that photographs are stored with (PS3.3, section C.7.6.3.1.2). */
const PHOTOMETRIC = [
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_ICT',
  'YBR_RCT',
  'PALETTE COLOR',
] as const;

export type Photometric = (typeof PHOTOMETRIC)[number];

/** The first frame of a DICOM file, and what is known of the patient. Nothing else of its header is kept. */
export interface DicomImage {
  readonly coding: PixelCoding;
  readonly photometric: Photometric;
  readonly width: number;
  readonly height: number;
  /** Bits of a sample as stored: 8, or 16 for the indices of a palette. */
  readonly bits: 8 | 16;
  /** Of raw pixels: all red samples first, then all green and all blue. */
  readonly planar: boolean;
  readonly palette: Palette | undefined;
  readonly iccProfile: Uint8Array | undefined;
  /** `ADOBERGB`, `SRGB` and so on; an ICC profile counts before it. */
  readonly colourSpace: string | undefined;
  /** The coded frame: a view of the file where it lies there in one piece. */
  readonly frame: Uint8Array;
  readonly patient: StatedPatient;
}

/** Bytes in front of the pixels that are read: a header of more elements would take more memory than an isolate has. */
const MOST_HEADER_BYTES = 2 << 20;

/**
 * Reads a DICOM Part 10 file as far as a photograph needs it.
 *
 * @param bytes a file with "DICM" at 128
 * @throws ConversionFailure
 */
export function readDicom(bytes: Uint8Array, maxPixels: number): DicomImage {
  const data = parsed(bytes);
  const transferSyntax = data.string(TAG.transferSyntax) ?? '';
  const coding = pixelCoding(transferSyntax);
  if (coding === undefined) {
    const read = Object.values(CODING_NAMES).join(', ');
    const uid = /^[0-9.]{1,64}$/.test(transferSyntax) ? transferSyntax : 'that it names';
    throw new ConversionFailure(
      'format',
      `DICOM files of the transfer syntax ${uid} are not read; those with ${read} are`,
    );
  }
  const photometric = readPhotometric(data.string(TAG.photometric));
  const width = data.uint16(TAG.columns) ?? 0;
  const height = data.uint16(TAG.rows) ?? 0;
  if (width === 0 || height === 0) throw damagedDicom('it has no rows or no columns');
  if (width * height > maxPixels) {
    const detail = `the image has ${width} x ${height} pixels; up to ${maxPixels} in all are read`;
    throw new ConversionFailure('too-large', detail);
  }
  const bits = data.uint16(TAG.bitsAllocated);
  const indexed = photometric === 'PALETTE COLOR';
  if (bits !== 8 && !(bits === 16 && indexed)) {
    const detail = `DICOM files of ${bits ?? 'unknown'} bits a sample are not read; those of 8 are`;
    throw new ConversionFailure('format', detail);
  }
  if (data.uint16(TAG.samples) !== (indexed ? 1 : 3)) {
    throw damagedDicom('its samples a pixel do not go with its colours');
  }
  const pixels = data.elements[TAG.pixels];
  if (pixels === undefined) throw damagedDicom('it has no pixels within its first 2 MiB');
  return {
    coding,
    photometric,
    width,
    height,
    bits,
    planar: data.uint16(TAG.planar) === 1,
    palette: indexed ? readPalette(data) : undefined,
    iccProfile: elementBytes(data, TAG.iccProfile),
    colourSpace: data.string(TAG.colourSpace),
    frame: coding === 'raw' ? rawPixels(bytes, pixels) : firstFrame(bytes, data, pixels, coding),
    patient: readPatient(data),
  };
}

function parsed(bytes: Uint8Array): DataSet {
  try {
    return parseDicom(bytes.subarray(0, MOST_HEADER_BYTES), { untilTag: TAG.pixels });
  } catch {
    // Its messages may hold what the file holds. A sequence within sequences without end overflows the stack.
    throw damagedDicom('its data set is broken or cut off');
  }
}

function readPhotometric(value: string | undefined): Photometric {
  const known = PHOTOMETRIC.find((one) => one === value);
  if (known !== undefined) return known;
  if (value?.startsWith('MONOCHROME')) {
    throw new ConversionFailure(
      'colours',
      'a monochrome DICOM file is not read: photographs of skin are in colour, and other grey images have no lesion to score',
    );
  }
  const name = value !== undefined && /^[A-Z0-9_ ]{1,16}$/.test(value) ? value : 'that it names';
  const detail = `DICOM files in the colours ${name} are not read; those in ${PHOTOMETRIC.join(', ')} are`;
  throw new ConversionFailure('colours', detail);
}

function elementBytes({ elements, byteArray }: DataSet, tag: string): Uint8Array | undefined {
  const element = elements[tag];
  if (element === undefined || element.length === 0) return undefined;
  return viewOf(byteArray as Uint8Array, element.dataOffset, element.length);
}

function rawPixels(bytes: Uint8Array, pixels: Element): Uint8Array {
  if (pixels.hadUndefinedLength) throw damagedDicom('its pixels are in fragments');
  return viewOf(bytes, pixels.dataOffset, pixels.length);
}

function firstFrame(
  bytes: Uint8Array,
  data: DataSet,
  pixels: Element,
  coding: PixelCoding,
): Uint8Array {
  if (!pixels.hadUndefinedLength) throw damagedDicom('its pixels are not in fragments');
  const { secondFrame, fragments } = readFragments(bytes, pixels.dataOffset);
  if (fragments.length === 0) throw damagedDicom('its pixels are not in fragments');
  const all = fragments.map(({ data: fragment }) => fragment);
  const frames = data.intString(TAG.frames) ?? 1;
  if (secondFrame !== undefined) {
    return joined(all.filter((_, i) => fragments[i]!.offset < secondFrame));
  }
  if (frames <= 1) return joined(all);
  // Without a table, a frame of RLE is one fragment, and one of JPEG ends with the end of its image.
  const end = coding === 'rle' ? 0 : all.findIndex(endsImage);
  return joined(all.slice(0, (end < 0 ? 0 : end) + 1));
}

/** FF D9, and perhaps a byte that makes the length even. */
function endsImage(fragment: Uint8Array): boolean {
  const end = fragment.at(-1) === 0xd9 ? fragment.length : fragment.length - 1;
  return fragment[end - 2] === 0xff && fragment[end - 1] === 0xd9;
}

function viewOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (start < 0 || length < 0 || start + length > bytes.length) throw damagedDicom('it is cut off');
  return bytes.subarray(start, start + length);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : joinBytes(parts);
}
