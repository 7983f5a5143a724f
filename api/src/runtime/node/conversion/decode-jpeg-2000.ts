import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { damagedDicom } from '../../../dicom/damaged-dicom.ts';
import type { DicomImage } from '../../../dicom/read-dicom.ts';
import { emscriptenOptions } from './emscripten-options.ts';

/** What is used of OpenJPEG's module. */
interface OpenJpeg {
  J2KDecoder: new () => J2kDecoder;
}

interface J2kDecoder {
  /** Room for the coded image, in the module's memory. */
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): {
    readonly width: number;
    readonly height: number;
    readonly bitsPerSample: number;
    readonly componentCount: number;
    readonly isSigned: boolean;
  };
  delete(): void;
}

const require = createRequire(import.meta.url);

let decoder: WebAssembly.Module | undefined;

/** Where the size of an image is in a codestream (ISO/IEC 15444-1, annex A.5.1): behind SOC, SIZ, its length and profile. */
const SIZE_AT = 8;
const SOC_SIZ = 0xff4fff51;

/**
 * Decodes a JPEG 2000 codestream.
 *
 * @returns samples of 8 bits, or of 16 in little-endian, interleaved
 * @throws ConversionFailure
 */
export async function decodeJpeg2000(
  frame: Uint8Array,
  {
    width,
    height,
    bits,
    photometric,
  }: Pick<DicomImage, 'width' | 'height' | 'bits' | 'photometric'>,
): Promise<Uint8Array> {
  checkSize(frame, width, height);
  const { J2KDecoder } = await createOpenJpeg();
  const j2k = new J2KDecoder();
  j2k.getEncodedBuffer(frame.length).set(frame);
  j2k.decode();
  const info = j2k.getFrameInfo();
  const components = photometric === 'PALETTE COLOR' ? 1 : 3;
  if (
    info.width !== width ||
    info.height !== height ||
    info.componentCount !== components ||
    info.isSigned ||
    Math.ceil(info.bitsPerSample / 8) * 8 !== bits
  ) {
    throw damagedDicom('the JPEG 2000 inside is of another kind than it says');
  }
  return j2k.getDecodedBuffer().slice();
}

function checkSize(frame: Uint8Array, width: number, height: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < SIZE_AT + 16 || view.getUint32(0) !== SOC_SIZ) {
    throw damagedDicom('there is no JPEG 2000 inside');
  }
  const [right, bottom, left, top] = [0, 4, 8, 12].map((i) => view.getUint32(SIZE_AT + i));
  if (right! - left! !== width || bottom! - top! !== height) {
    throw damagedDicom('the JPEG 2000 inside is of another size than it says');
  }
}

async function createOpenJpeg(): Promise<OpenJpeg> {
  const create = require('@cornerstonejs/codec-openjpeg/decodewasmjs') as (
    options: object,
  ) => Promise<OpenJpeg>;
  const file = require.resolve('@cornerstonejs/codec-openjpeg/decodewasm');
  decoder ??= new WebAssembly.Module(readFileSync(file));
  return create(emscriptenOptions(decoder));
}
