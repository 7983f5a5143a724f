import { damagedDicom } from './damaged-dicom.ts';

const ITEM = 0xfffee000;
const DELIMITER = 0xfffee0dd;
const ITEM_HEADER_BYTES = 8;

/** A frame is cut into a few; more would cost more memory than they hold. */
const MOST_FRAGMENTS = 10_000;

interface Fragments {
  /** Offset of the second frame's first fragment, where a table says it. */
  readonly secondFrame: number | undefined;
  /** Views of the file, each with its offset behind the table. */
  readonly fragments: readonly { readonly offset: number; readonly data: Uint8Array }[];
}

/**
 * The items of encapsulated pixels: a table of offsets, which may be empty, then fragments (PS3.5, section A.4).
 *
 * @param start of the table's item
 * @throws ConversionFailure
 */
export function readFragments(bytes: Uint8Array, start: number): Fragments {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: { at: number; data: Uint8Array }[] = [];
  for (let at = start; at + ITEM_HEADER_BYTES <= bytes.length; ) {
    const tag = view.getUint16(at, true) * 2 ** 16 + view.getUint16(at + 2, true);
    if (tag === DELIMITER) break;
    const length = view.getUint32(at + 4, true);
    const from = at + ITEM_HEADER_BYTES;
    if (tag !== ITEM || from + length > bytes.length || items.length > MOST_FRAGMENTS) {
      throw damagedDicom('its fragments are broken or cut off');
    }
    items.push({ at, data: bytes.subarray(from, from + length) });
    at = from + length;
  }
  const [table, ...rest] = items;
  const first = rest[0]?.at ?? 0;
  return {
    secondFrame: table && table.data.length >= 8 ? view.getUint32(table.at + 12, true) : undefined,
    fragments: rest.map(({ at, data }) => ({ offset: at - first, data })),
  };
}
