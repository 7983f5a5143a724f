import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderBytes } from './header-bytes.ts';
import type { ImageHeader } from './image-header.ts';

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
  let iccProfile = false;
  for (let offset = 33; ; ) {
    const length = file.u32(offset);
    if (length > LARGEST) throw file.damaged(`a chunk of length ${length}`);
    const type = file.fourCC(offset + 4);
    if (type === 'IDAT') break;
    if (type === 'IEND') throw file.damaged('it has no image data');
    const end = offset + CHUNK_OVERHEAD + length;
    file.need(offset, end - offset);
    if (type === 'eXIf') orientation ??= exifOrientation(file.slice(offset + 8, end - 4));
    if (type === 'acTL') animated = true;
    if (type === 'iCCP') iccProfile = true;
    if (type === 'tRNS' && colourType === PALETTE) channels = 4;
    offset = end;
  }
  return {
    format: 'png',
    width,
    height,
    orientation: orientation ?? 1,
    animated,
    bitDepth,
    channels,
    iccProfile,
  };
}

/** CRC-32 of a few bytes (PNG, third edition, annex D), bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
