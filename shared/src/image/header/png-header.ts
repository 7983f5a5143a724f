import {
  type Chromaticity,
  chunkColours,
  codedColours,
  type DeclaredColours,
  type Primaries,
} from './declared-colours.ts';
import { exifColours } from './exif-colours.ts';
import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderBytes } from './header-bytes.ts';
import type { ImageHeader } from './image-header.ts';
import { crc32 } from './png-chunks.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length and type before a chunk's data, CRC after it. */
const CHUNK_OVERHEAD = 12;
const LARGEST = 2 ** 31 - 1;

/** Channels and bit depths allowed for each colour type (PNG, third edition, table 12). */
const COLOUR_TYPES: ReadonlyMap<number, { channels: number; bitDepths: readonly number[] }> =
  new Map([
    [0, { channels: 1, bitDepths: [1, 2, 4, 8, 16] }],
    [2, { channels: 3, bitDepths: [8, 16] }],
    [3, { channels: 3, bitDepths: [1, 2, 4, 8] }],
    [4, { channels: 2, bitDepths: [8, 16] }],
    [6, { channels: 4, bitDepths: [8, 16] }],
  ]);
const PALETTE = 3;

/**
 * Reads IHDR and walks the chunks up to the first IDAT (PNG, third edition, sections 5 and 11).
 *
 * @param bytes a file that begins with 89 "PNG"
 * @throws DamagedImageError
 */
export function readPngHeader(bytes: Uint8Array): ImageHeader {
  const file = new HeaderBytes(bytes, 'png');
  for (const [i, byte] of SIGNATURE.entries()) {
    if (file.u8(i) !== byte) {
      throw file.damaged('its signature is broken, as when it was sent as text');
    }
  }
  if (file.u32(8) !== 13 || file.fourCC(12) !== 'IHDR') {
    throw file.damaged('it does not begin with an IHDR chunk');
  }
  const ihdr = file.slice(12, 29);
  if (crc32(ihdr) !== file.u32(29)) throw file.damaged('the checksum of IHDR is wrong');
  const width = file.u32(16);
  const height = file.u32(20);
  if (width === 0 || height === 0 || width > LARGEST || height > LARGEST) {
    throw file.damaged(`an impossible size of ${width}x${height} pixels`);
  }
  const bitDepth = file.u8(24);
  const colourType = file.u8(25);
  const colour = COLOUR_TYPES.get(colourType);
  if (!colour?.bitDepths.includes(bitDepth)) {
    throw file.damaged(`colour type ${colourType} with bit depth ${bitDepth}`);
  }

  let { channels } = colour;
  let orientation: Orientation | undefined;
  let animated = false;
  const colours: ColourChunks = { profile: false, srgb: false };
  for (let offset = 33; ; ) {
    const length = file.u32(offset);
    if (length > LARGEST) throw file.damaged(`a chunk of length ${length}`);
    const type = file.fourCC(offset + 4);
    if (type === 'IDAT') break;
    if (type === 'IEND') throw file.damaged('it has no image data');
    const end = offset + CHUNK_OVERHEAD + length;
    file.need(offset, end - offset);
    if (type === 'eXIf' && orientation === undefined) {
      const exif = file.slice(offset + 8, end - 4);
      orientation = exifOrientation(exif);
      colours.exif = exifColours(exif);
    }
    readColours(file, type, offset, colours);
    if (type === 'acTL') animated = true;
    if (type === 'tRNS' && colourType === PALETTE) channels = 4;
    offset = end;
  }
  const declaredColours = declared(colours);
  return {
    format: 'png',
    width,
    height,
    orientation: orientation ?? 1,
    animated,
    bitDepth,
    channels,
    iccProfile: colours.profile,
    ...(declaredColours && { declaredColours }),
  };
}

/** What the chunks before the image data say of colours. */
interface ColourChunks {
  profile: boolean;
  srgb: boolean;
  /** Undefined in it: sRGB, or left open. */
  coded?: { readonly colours: DeclaredColours | undefined };
  gamma?: number;
  primaries?: Primaries;
  exif?: DeclaredColours | undefined;
}

/** Bytes of data that the chunks of numbers have. */
const COLOUR_CHUNK_BYTES: ReadonlyMap<string, number> = new Map([
  ['cICP', 4],
  ['gAMA', 4],
  ['cHRM', 32],
]);

function readColours(file: HeaderBytes, type: string, offset: number, colours: ColourChunks): void {
  if (type === 'iCCP') colours.profile = true;
  if (type === 'sRGB') colours.srgb = true;
  const bytes = COLOUR_CHUNK_BYTES.get(type);
  if (bytes === undefined) return;
  const data = offset + 8;
  if (file.u32(offset) !== bytes)
    throw file.damaged(`a ${type} chunk of ${file.u32(offset)} bytes`);
  // Decoders pass over such a chunk, and the colours change.
  if (crc32(file.slice(offset + 4, data + bytes)) !== file.u32(data + bytes)) {
    throw file.damaged(`the checksum of ${type} is wrong`);
  }
  if (type === 'cICP') {
    const [primaries, transfer, matrix, range] = file.slice(data, data + 4);
    colours.coded = { colours: codedColours(primaries!, transfer!, matrix!, range!) };
  } else if (type === 'gAMA') {
    colours.gamma = file.u32(data) / 100_000;
  } else {
    const at = (i: number): Chromaticity => [
      file.u32(data + 8 * i) / 100_000,
      file.u32(data + 8 * i + 4) / 100_000,
    ];
    colours.primaries = { white: at(0), red: at(1), green: at(2), blue: at(3) };
  }
}

/** By the order in which chunks count (PNG, third edition, section 4.3). */
function declared(colours: ColourChunks): DeclaredColours | undefined {
  const { coded, profile, srgb, gamma, primaries, exif } = colours;
  if (coded?.colours !== undefined) return coded.colours;
  if (profile || srgb || coded !== undefined) return undefined;
  if (gamma !== undefined || primaries !== undefined) return chunkColours(gamma, primaries);
  return exif;
}
