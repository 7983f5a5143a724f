import type { DeclaredColours } from './declared-colours.ts';
import { exifColours } from './exif-colours.ts';
import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderBytes, hasMagic } from './header-bytes.ts';
import type { ImageHeader } from './image-header.ts';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;
const TEM = 0x01;

/**
 * Walks the marker segments up to the first scan (ITU-T T.81, annex B).
 *
 * Between segments it skips what is no marker, as libjpeg's `next_marker` does, so that it finds
 * the same frame header as the decoder.
 *
 * @param bytes a file that begins with FF D8 FF
 * @throws DamagedImageError
 */
export function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const file = new HeaderBytes(bytes, 'jpeg');
  let frame: Pick<ImageHeader, 'width' | 'height' | 'bitDepth' | 'channels'> | undefined;
  let orientation: Orientation | undefined;
  let iccProfile = false;
  let profileIsOfInks = false;
  let declared: DeclaredColours | undefined;

  let offset = 2;
  while (true) {
    let marker = 0;
    while (marker === 0) {
      while (file.u8(offset) !== 0xff) offset++;
      while (file.u8(offset) === 0xff) offset++;
      marker = file.u8(offset++);
    }

    if (marker === SOI) throw file.damaged('a second start of image before the first scan');
    if (marker === EOI) throw file.damaged('it ends before the first scan');
    if (hasNoSegment(marker)) continue;

    const length = file.u16(offset);
    if (length < 2) throw file.damaged(`a marker segment of length ${length}`);
    const end = offset + length;
    file.need(offset, length);

    if (marker === SOS) {
      if (frame === undefined) throw file.damaged('a scan without a frame header');
      const animated = false;
      const declaredColours = !iccProfile && frame.channels === 3 ? declared : undefined;
      return {
        format: 'jpeg',
        ...frame,
        orientation: orientation ?? 1,
        animated,
        iccProfile: frame.channels === 4 ? profileIsOfInks : iccProfile,
        ...(declaredColours && { declaredColours }),
      };
    }
    if (isFrame(marker)) {
      if (frame !== undefined) throw file.damaged('a second frame header');
      frame = readFrame(file, offset, length);
    } else if (
      // Where there are several, the first one counts.
      marker === APP1 &&
      orientation === undefined &&
      hasMagic(file.slice(offset, end), 2, 'Exif\0\0')
    ) {
      const exif = file.slice(offset + 8, end);
      orientation = exifOrientation(exif);
      declared = exifColours(exif);
    } else if (marker === APP2 && hasMagic(file.slice(offset, end), 2, 'ICC_PROFILE\0')) {
      // Behind the segment's number and count.
      profileIsOfInks ||= hasMagic(bytes, offset + 32, 'CMYK');
      iccProfile = true;
    }
    offset = end;
  }
}

/** SOF0 to SOF15: every marker from C0 to CF but DHT (C4), JPG (C8) and DAC (CC). */
function isFrame(marker: number): boolean {
  return (marker & 0xf0) === 0xc0 && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Whether a marker stands alone, without a length and data. */
export function hasNoSegment(marker: number): boolean {
  const isRestart = marker >= 0xd0 && marker <= 0xd7;
  return isRestart || marker === TEM;
}

function readFrame(file: HeaderBytes, offset: number, length: number) {
  if (length < 8) throw file.damaged(`a frame header of length ${length}`);
  const bitDepth = file.u8(offset + 2);
  const height = file.u16(offset + 3);
  const width = file.u16(offset + 5);
  const channels = file.u8(offset + 7);
  if (length !== 8 + 3 * channels) {
    throw file.damaged(`a frame header of length ${length} with ${channels} components`);
  }
  if (width === 0 || height === 0 || channels === 0) {
    throw file.damaged(`a frame of ${width}x${height} pixels with ${channels} components`);
  }
  return { width, height, bitDepth, channels };
}
