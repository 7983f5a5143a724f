import type { DataSet } from 'dicom-parser';
import { damagedDicom } from './damaged-dicom.ts';

/** A palette of 8 bits a colour (PS3.3, section C.7.6.3.1.5). */
export interface Palette {
  /** The index of the first entry; those below it have its colour, those behind the last the last's. */
  readonly first: number;
  readonly red: Uint8Array;
  readonly green: Uint8Array;
  readonly blue: Uint8Array;
}

const RED = { descriptor: 'x00281101', data: 'x00281201' };
const GREEN = { descriptor: 'x00281102', data: 'x00281202' };
const BLUE = { descriptor: 'x00281103', data: 'x00281203' };

/** Entries that a descriptor of 0 stands for. */
const MOST_ENTRIES = 2 ** 16;

/** @throws ConversionFailure */
export function readPalette(data: DataSet): Palette {
  const first = data.uint16(RED.descriptor, 1) ?? 0;
  const [red, green, blue] = [RED, GREEN, BLUE].map(({ descriptor, data: tag }) => {
    const entries = data.uint16(descriptor, 0) || MOST_ENTRIES;
    const bits = data.uint16(descriptor, 2);
    const element = data.elements[tag];
    if (element === undefined || (bits !== 8 && bits !== 16)) {
      throw damagedDicom('it has no palette, or one in segments');
    }
    const { byteArray } = data;
    const { dataOffset, length } = element;
    if (dataOffset + length > byteArray.length) throw damagedDicom('its palette is cut off');
    // With 8 bits each entry may have a byte, or a word whose high byte is nothing.
    const wide = length >= 2 * entries;
    if (!wide && (bits === 16 || length < entries)) throw damagedDicom('its palette is cut off');
    const step = wide ? 2 : 1;
    const high = wide && bits === 16 ? 1 : 0;
    return Uint8Array.from({ length: entries }, (_, i) => byteArray[dataOffset + i * step + high]!);
  });
  return { first, red: red!, green: green!, blue: blue! };
}
