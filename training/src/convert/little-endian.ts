import { endianness } from 'node:os';

/**
 * The bytes of the values as artifacts hold them; a view, no copy.
 *
 * @throws Error on a big-endian machine, which no engine here supports anyway.
 */
export function littleEndianBytes(values: Float32Array | Uint16Array | Int32Array): Uint8Array {
  if (endianness() !== 'LE')
    throw new Error('artifacts are written on little-endian machines only');
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
