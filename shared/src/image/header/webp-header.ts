import type { DeclaredColours } from './declared-colours.ts';
import { exifColours } from './exif-colours.ts';
import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderBytes, hasMagic } from './header-bytes.ts';
import type { ImageHeader } from './image-header.ts';

/** Flags of a VP8X chunk (RFC 9649, section 2.7, figure 7). */
const ANIMATION = 0x02;
const EXIF = 0x08;
const ALPHA = 0x10;
const ICC_PROFILE = 0x20;

const FIRST_CHUNK = 12;

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly alpha: boolean;
}

/**
 * Reads the first chunk of a WebP file; of an extended one (VP8X) the others too (RFC 9649, section 2).
 *
 * @param bytes a file that begins with "RIFF", four bytes and "WEBP"
 * @throws DamagedImageError
 */
export function readWebpHeader(bytes: Uint8Array): ImageHeader {
  const whole = new HeaderBytes(bytes, 'webp');
  // What lies behind the RIFF chunk is not read by decoders either.
  const end = 8 + whole.u32(4, true);
  if (end > whole.length) {
    throw whole.damaged(`cut off: ${whole.length} bytes of ${end}`);
  }
  const file = new HeaderBytes(bytes.subarray(0, end), 'webp');
  const type = file.fourCC(FIRST_CHUNK);
  if (type === 'VP8X') return readExtended(file);
  const frame = readFrame(file, type, FIRST_CHUNK + 8);
  if (frame === undefined) throw file.damaged('its first chunk is none of VP8, VP8L, VP8X');
  return header(frame, 1, frame.alpha, false, false);
}

function readExtended(file: HeaderBytes): ImageHeader {
  if (file.u32(FIRST_CHUNK + 4, true) < 10) throw file.damaged('its VP8X chunk is too short');
  const flags = file.u8(FIRST_CHUNK + 8);
  const width = file.u24LittleEndian(FIRST_CHUNK + 12) + 1;
  const height = file.u24LittleEndian(FIRST_CHUNK + 15) + 1;
  const animated = (flags & ANIMATION) !== 0;

  let hasImage = false;
  let orientation: Orientation | undefined;
  let declared: DeclaredColours | undefined;
  let offset = nextChunk(file, FIRST_CHUNK);
  while (offset + 8 <= file.length) {
    const type = file.fourCC(offset);
    const data = offset + 8;
    const dataEnd = data + file.u32(offset + 4, true);
    file.need(data, dataEnd - data);
    if (type === 'EXIF' && (flags & EXIF) !== 0) {
      const exif = withoutPrefix(file.slice(data, dataEnd));
      if (orientation === undefined) declared = exifColours(exif);
      orientation ??= exifOrientation(exif);
    } else if (type === 'ANMF' && animated) {
      hasImage = true;
    } else if (!animated && !hasImage) {
      const frame = readFrame(file, type, data);
      if (frame !== undefined) {
        // A decoder that went by the frame would get round a limit checked on the canvas.
        if (frame.width !== width || frame.height !== height) {
          throw file.damaged(
            `a canvas of ${width}x${height} with a frame of ${frame.width}x${frame.height}`,
          );
        }
        hasImage = true;
      }
    }
    offset = nextChunk(file, offset);
  }
  if (!hasImage) throw file.damaged('it has no image data');
  const alpha = (flags & ALPHA) !== 0;
  const iccProfile = (flags & ICC_PROFILE) !== 0;
  const read = header({ width, height }, orientation ?? 1, alpha, animated, iccProfile);
  return declared && !iccProfile ? { ...read, declaredColours: declared } : read;
}

/** Where the chunk after the one at `offset` begins: data is padded to an even length. */
function nextChunk(file: HeaderBytes, offset: number): number {
  const length = file.u32(offset + 4, true);
  return offset + 8 + length + (length & 1);
}

/** The size of a frame, or undefined where the chunk is not one. */
function readFrame(file: HeaderBytes, type: string, data: number): Frame | undefined {
  if (type === 'VP8 ') return readLossy(file, data);
  if (type === 'VP8L') return readLossless(file, data);
  return undefined;
}

/** Frame header of RFC 6386, section 9.1. */
function readLossy(file: HeaderBytes, data: number): Frame {
  const isInterFrame = (file.u8(data) & 1) !== 0;
  if (isInterFrame || file.u8(data + 3) !== 0x9d || file.u16(data + 4) !== 0x012a) {
    throw file.damaged('its VP8 data does not begin with a key frame');
  }
  const width = file.u16(data + 6, true) & 0x3fff;
  const height = file.u16(data + 8, true) & 0x3fff;
  if (width === 0 || height === 0) throw file.damaged(`a frame of ${width}x${height} pixels`);
  return { width, height, alpha: false };
}

/** Image header of RFC 9649, section 3.4. */
function readLossless(file: HeaderBytes, data: number): Frame {
  if (file.u8(data) !== 0x2f) throw file.damaged('its VP8L data has a wrong signature');
  const bits = file.u32(data + 1, true);
  const version = bits >>> 29;
  if (version !== 0) throw file.damaged(`VP8L version ${version}`);
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    alpha: ((bits >>> 28) & 1) !== 0,
  };
}

/** Some writers keep JPEG's "Exif\0\0" before the TIFF header; decoders allow it. */
function withoutPrefix(exif: Uint8Array): Uint8Array {
  return hasMagic(exif, 0, 'Exif\0\0') ? exif.subarray(6) : exif;
}

function header(
  { width, height }: { width: number; height: number },
  orientation: Orientation,
  alpha: boolean,
  animated: boolean,
  iccProfile: boolean,
): ImageHeader {
  const channels = alpha ? 4 : 3;
  return {
    format: 'webp',
    width,
    height,
    orientation,
    animated,
    bitDepth: 8,
    channels,
    iccProfile,
  };
}
