import { ProblemError } from '../../answers/problem-error.ts';

/** Each element of a BYTES tensor: its length as 32 bits, little-endian, then its bytes. */
const LENGTH_BYTES = 4;

/**
 * The elements of a BYTES tensor in binary.
 *
 * @param count how many its shape says
 * @throws ProblemError `invalid-body` where there are more or fewer, or one is cut off
 */
export function readBytesTensor(tensor: Uint8Array, count: number): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(tensor.buffer, tensor.byteOffset, tensor.byteLength);
  const elements: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  while (elements.length < count) {
    const start = offset + LENGTH_BYTES;
    const length = start <= tensor.length ? view.getUint32(offset, true) : 0;
    if (start + length > tensor.length) {
      const detail =
        `the binary data of "image" ends inside of element ${elements.length} of ${count}; ` +
        'each is four bytes of its length, little-endian, and then the bytes of an image file';
      throw new ProblemError('invalid-body', detail);
    }
    // A copy: an engine may take its memory away.
    elements.push(tensor.slice(start, start + length) as Uint8Array<ArrayBuffer>);
    offset = start + length;
  }
  if (offset < tensor.length) {
    const detail = `the binary data of "image" has ${tensor.length - offset} bytes more than its ${count} elements`;
    throw new ProblemError('invalid-body', detail);
  }
  return elements;
}

/** A BYTES tensor of texts, in binary, as UTF-8. */
export function writeBytesTensor(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const elements = texts.map((text) => new TextEncoder().encode(text));
  const length = elements.reduce((sum, element) => sum + LENGTH_BYTES + element.length, 0);
  const tensor = new Uint8Array(length);
  const view = new DataView(tensor.buffer);
  let offset = 0;
  for (const element of elements) {
    view.setUint32(offset, element.length, true);
    tensor.set(element, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + element.length;
  }
  return tensor;
}
