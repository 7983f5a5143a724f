import { joinBytes } from '../../bytes/join-bytes.ts';
import { hasMagic } from '../header/header-bytes.ts';
import type { ImageHeader } from '../header/image-header.ts';
import { hasNoSegment } from '../header/jpeg-header.ts';
import { crc32, PNG_SIGNATURE_BYTES } from '../header/png-chunks.ts';
import { createIccProfile, inksProfile } from './icc-profile.ts';

/** A sound image in colours that are not converted to sRGB; the message says which, and what to send instead. */
export class UnsupportedColoursError extends Error {
  override readonly name = 'UnsupportedColoursError';
  readonly code = 'unsupported-colours';

  constructor(colours: string) {
    super(`${colours} are not converted to sRGB here; convert the image to sRGB`);
  }
}

export interface ImageFile<Bytes extends Uint8Array> {
  readonly bytes: Bytes;
  readonly header: ImageHeader;
}

/**
 * The same file with an ICC profile of the colours that it declares otherwise, so that every decoder converts them
 * alike; the file as it is where it declares none. Inks without a profile get one: decoders have different ideas of them.
 *
 * @throws UnsupportedColoursError where there is no such profile
 */
export function embedDeclaredColours<Bytes extends Uint8Array>(
  file: ImageFile<Bytes>,
): ImageFile<Bytes | Uint8Array<ArrayBuffer>> {
  const { bytes, header } = file;
  const { declaredColours: declared, format, channels } = header;
  if (format === 'jpeg' && channels === 4 && !header.iccProfile) {
    const profiled = inJpeg(withoutProfiles(bytes), inksProfile());
    return { bytes: profiled, header: { ...header, iccProfile: true } };
  }
  if (declared === undefined) return file;
  if ('unsupported' in declared) throw new UnsupportedColoursError(declared.unsupported);
  const profile = createIccProfile(
    declared.primaries,
    declared.transfer,
    channels === 1 || (format === 'png' && channels === 2) ? 1 : 3,
  );
  const embed = { jpeg: inJpeg, png: inPng, webp: inWebp }[format];
  const { declaredColours: _, ...rest } = header;
  return { bytes: embed(bytes, profile), header: { ...rest, iccProfile: true } };
}

const ascii = (text: string) => new TextEncoder().encode(text);

function number32(value: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

/** As one APP2 segment behind the start of the image (ICC.1:2022, annex B.4). */
function inJpeg(bytes: Uint8Array, profile: Uint8Array): Uint8Array<ArrayBuffer> {
  const data = joinBytes([ascii('ICC_PROFILE\0'), Uint8Array.of(1, 1), profile]);
  const length = data.length + 2;
  const marker = Uint8Array.of(0xff, 0xe2, length >> 8, length & 0xff);
  return joinBytes([bytes.subarray(0, 2), marker, data, bytes.subarray(2)]);
}

const APP2 = 0xe2;
const SOS = 0xda;

/** A JPEG whose header was read, without the profiles that do not count. */
function withoutProfiles(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let at = 2; ; ) {
    while (bytes[at] !== 0xff || bytes[at + 1] === 0xff || bytes[at + 1] === 0) at++;
    const marker = bytes[at + 1];
    if (marker === SOS) break;
    const end = hasNoSegment(marker!) ? at + 2 : at + 2 + view.getUint16(at + 2);
    if (marker === APP2 && hasMagic(bytes, at + 4, 'ICC_PROFILE\0')) {
      kept.push(bytes.subarray(from, at));
      from = end;
    }
    at = end;
  }
  return joinBytes([...kept, bytes.subarray(from)]);
}

/** What says something of colours, and is replaced. */
const COLOUR_CHUNKS = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM'];
const IHDR_END = PNG_SIGNATURE_BYTES + 25;

/** As an iCCP chunk behind IHDR, in place of all other chunks that say something of colours. */
function inPng(bytes: Uint8Array, profile: Uint8Array): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = IHDR_END;
  while (true) {
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (type === 'IDAT') break;
    const end = offset + 12 + view.getUint32(offset);
    if (!COLOUR_CHUNKS.includes(type)) kept.push(bytes.subarray(offset, end));
    offset = end;
  }
  const body = joinBytes([ascii('iCCPdeclared\0'), Uint8Array.of(0), storedZlib(profile)]);
  const chunk = joinBytes([number32(body.length - 4), body, number32(crc32(body))]);
  return joinBytes([bytes.subarray(0, IHDR_END), chunk, ...kept, bytes.subarray(offset)]);
}

/** Without compression (RFC 1950; RFC 1951, section 3.2.4). */
function storedZlib(data: Uint8Array): Uint8Array {
  const { length } = data;
  const block = Uint8Array.of(1, length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff);
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return joinBytes([Uint8Array.of(0x78, 0x01), block, data, number32(((b << 16) | a) >>> 0)]);
}

/** Of RFC 9649, section 2.7: behind the VP8X chunk, which says that there is one. */
function inWebp(bytes: Uint8Array, profile: Uint8Array): Uint8Array<ArrayBuffer> {
  const [sizeAt, flagsAt, extendedEnd, hasProfile] = [4, 20, 30, 0x20];
  const padding = new Uint8Array(profile.length & 1);
  const chunk = joinBytes([ascii('ICCP'), number32(profile.length, true), profile, padding]);
  const whole = joinBytes([bytes.subarray(0, extendedEnd), chunk, bytes.subarray(extendedEnd)]);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(sizeAt, true);
  whole.set(number32(size + chunk.length, true), sizeAt);
  whole[flagsAt]! |= hasProfile;
  return whole;
}
