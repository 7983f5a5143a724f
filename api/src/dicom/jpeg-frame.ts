import { damagedDicom } from './damaged-dicom.ts';
import type { DicomImage } from './read-dicom.ts';

const SOS = 0xda;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP0 = 0xe0;

/** Bytes of a profile that one APP2 segment takes (ICC.1:2022, annex B.4). */
const PROFILE_CHUNK = 65_519;

/** A marker segment in front of a JPEG's scan. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The frame as a JPEG file that decoders take as the DICOM header means it: without EXIF data, which say nothing here and
 * may name a person; with what the header says of its colours, where the frame itself says nothing.
 *
 * @throws ConversionFailure
 */
export function jpegFile(image: DicomImage): Uint8Array<ArrayBuffer> {
  const { frame } = image;
  const { segments, scan } = segmentsOf(frame);
  checkSize(image, segments);
  const has = (marker: number, text: string) =>
    segments.some((one) => one.marker === marker && textAt(frame, one.start + 4, text));
  const parts: Uint8Array[] = [frame.subarray(0, 2)];
  const saysColours = has(APP0, 'JFIF') || has(APP14, 'Adobe');
  if (image.photometric === 'RGB' && !saysColours) parts.push(adobeSegment());
  if (image.iccProfile !== undefined && !has(APP2, 'ICC_PROFILE')) {
    parts.push(...profileSegments(image.iccProfile));
  }
  for (const { marker, start, end } of segments) {
    if (marker !== APP1) parts.push(frame.subarray(start, end));
  }
  parts.push(frame.subarray(scan));
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/**
 * Holds the size that a JPEG says, lossless ones among them, to that of the DICOM header: before anything is decoded.
 *
 * @throws ConversionFailure
 */
export function checkJpegSize(image: DicomImage): void {
  checkSize(image, segmentsOf(image.frame).segments);
}

function checkSize({ frame, width, height }: DicomImage, segments: readonly Segment[]): void {
  const start = segments.find(({ marker }) => isFrameHeader(marker));
  if (start === undefined || start.end - start.start < 10) {
    throw damagedDicom('the JPEG inside has no frame header');
  }
  const at = start.start;
  const across = (frame[at + 7]! << 8) | frame[at + 8]!;
  const down = (frame[at + 5]! << 8) | frame[at + 6]!;
  if (across !== width || down !== height) {
    throw damagedDicom(
      `it says ${width} x ${height} pixels, and the JPEG inside ${across} x ${down}`,
    );
  }
}

/** SOF0 to SOF15, less DHT, JPG and DAC, which lie between them. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Up to the first scan. */
function segmentsOf(frame: Uint8Array): { segments: Segment[]; scan: number } {
  if (frame[0] !== 0xff || frame[1] !== 0xd8) throw damagedDicom('there is no JPEG inside');
  const segments: Segment[] = [];
  for (let at = 2; ; ) {
    while (frame[at] === 0xff && frame[at + 1] === 0xff) at++;
    const marker = frame[at + 1];
    if (frame[at] !== 0xff || marker === undefined || at + 4 > frame.length) {
      throw damagedDicom('the JPEG inside is broken or cut off');
    }
    if (marker === SOS) return { segments, scan: at };
    const length = (frame[at + 2]! << 8) | frame[at + 3]!;
    const end = at + 2 + length;
    if (length < 2 || end > frame.length) {
      throw damagedDicom('the JPEG inside is broken or cut off');
    }
    segments.push({ marker, start: at, end });
    at = end;
  }
}

function textAt(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
}

function segment(marker: number, data: Uint8Array): Uint8Array {
  const length = data.length + 2;
  const bytes = new Uint8Array(length + 2);
  bytes.set([0xff, marker, length >> 8, length & 0xff]);
  bytes.set(data, 4);
  return bytes;
}

/** That the three components are red, green and blue. */
function adobeSegment(): Uint8Array {
  return segment(APP14, Uint8Array.of(...ascii('Adobe'), 0, 100, 0, 0, 0, 0, 0));
}

function profileSegments(profile: Uint8Array): Uint8Array[] {
  const count = Math.ceil(profile.length / PROFILE_CHUNK);
  if (count > 255) throw damagedDicom('its colour profile is too large');
  return Array.from({ length: count }, (_, i) => {
    const chunk = profile.subarray(i * PROFILE_CHUNK, (i + 1) * PROFILE_CHUNK);
    const data = new Uint8Array(14 + chunk.length);
    data.set([...ascii('ICC_PROFILE'), 0, i + 1, count]);
    data.set(chunk, 14);
    return segment(APP2, data);
  });
}

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0));
}
