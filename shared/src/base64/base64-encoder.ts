/// <reference path="../wasm/webassembly.d.ts" />
import { growTo } from '../wasm/wasm-memory.ts';

/** Base64 with its padding, as ASCII. */
export type Base64Encoder = (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;

/** What `assembly/base64.ts` exports. All pointers are byte addresses in `memory`. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  encodeBase64(bytes: number, count: number, out: number): void;
}

/** What the kernel may read or write past the end of a region. */
const SLACK = 16;
const PADDING = '='.charCodeAt(0);

/**
 * Makes an encoder that writes bytes: what runtimes bring gives a string, which is copied once more to be sent, and of
 * 150 KB costs garbage collection as well.
 *
 * @param module `@naevus/shared/kernels.wasm`, compiled the way the runtime allows
 */
export function createBase64Encoder(module: WebAssembly.Module): Base64Encoder {
  const { memory, encodeBase64 } = new WebAssembly.Instance(module).exports as unknown as Kernels;
  return (bytes) => {
    const outAt = bytes.length + SLACK;
    const length = 4 * Math.ceil(bytes.length / 3);
    growTo(memory, outAt + length + SLACK);
    const view = new Uint8Array(memory.buffer);
    view.set(bytes);
    // The last digit of one or two bytes is filled up with zeros.
    view.fill(0, bytes.length, outAt);
    encodeBase64(0, bytes.length, outAt);
    const text = view.slice(outAt, outAt + length);
    return text.fill(PADDING, length - ((3 - (bytes.length % 3)) % 3));
  };
}
