import { damagedDicom } from './damaged-dicom.ts';
import type { Palette } from './palette.ts';
import type { DicomImage } from './read-dicom.ts';

type Layout = Pick<DicomImage, 'photometric' | 'width' | 'height' | 'bits' | 'planar' | 'palette'>;

/**
 * RGB of decoded or uncompressed samples (PS3.3, section C.7.6.3.1.2).
 *
 * @param samples in the layout that the header says, little-endian
 * @throws ConversionFailure where there are too few
 */
export function rgbOfSamples(samples: Uint8Array, layout: Layout): Uint8Array {
  const { photometric, width, height, planar } = layout;
  const pixels = width * height;
  if (photometric === 'PALETTE COLOR') return rgbOfIndices(samples, layout, pixels);
  if (photometric === 'YBR_FULL_422') return rgbOf422(samples, pixels);
  if (samples.length < pixels * 3) throw damagedDicom('it has fewer pixels than it says');
  const rgb = planar ? interleaved(samples, pixels) : samples.slice(0, pixels * 3);
  // The others are what JPEG 2000 decoders have made RGB of already.
  if (photometric === 'YBR_FULL') {
    for (let i = 0; i < rgb.length; i += 3) toRgb(rgb, i, rgb[i]!, rgb[i + 1]!, rgb[i + 2]!);
  }
  return rgb;
}

function interleaved(samples: Uint8Array, pixels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3);
  for (let k = 0; k < 3; k++) {
    for (let i = 0; i < pixels; i++) rgb[i * 3 + k] = samples[k * pixels + i]!;
  }
  return rgb;
}

/** Two pixels in four bytes: their luminances, and the chrominance of both. */
function rgbOf422(samples: Uint8Array, pixels: number): Uint8Array {
  if (samples.length < pixels * 2) throw damagedDicom('it has fewer pixels than it says');
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const pair = (i >> 1) * 4;
    toRgb(rgb, i * 3, samples[pair + (i & 1)]!, samples[pair + 2] ?? 128, samples[pair + 3] ?? 128);
  }
  return rgb;
}

function rgbOfIndices(samples: Uint8Array, { bits, palette }: Layout, pixels: number): Uint8Array {
  if (palette === undefined) throw damagedDicom('it has no palette');
  const bytes = bits / 8;
  if (samples.length < pixels * bytes) throw damagedDicom('it has fewer pixels than it says');
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const index = bytes === 1 ? samples[i]! : samples[2 * i]! | (samples[2 * i + 1]! << 8);
    rgb.set(colourAt(palette, index), i * 3);
  }
  return rgb;
}

function colourAt({ first, red, green, blue }: Palette, index: number): [number, number, number] {
  const of = (entries: Uint8Array) =>
    entries[Math.min(Math.max(index - first, 0), entries.length - 1)]!;
  return [of(red), of(green), of(blue)];
}

/** ITU-R BT.601 with all values from 0 to 255, as in JPEG (ITU-T T.871, section 7). */
function toRgb(rgb: Uint8Array, at: number, y: number, cb: number, cr: number): void {
  rgb[at] = clamped(y + 1.402 * (cr - 128));
  rgb[at + 1] = clamped(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128));
  rgb[at + 2] = clamped(y + 1.772 * (cb - 128));
}

function clamped(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}
