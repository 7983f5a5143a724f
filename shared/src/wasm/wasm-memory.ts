/// <reference path="./webassembly.d.ts" />

const WASM_PAGE = 1 << 16;

/** Sees to it that a memory has at least so many bytes; where it grows, views of it from before are empty. */
export function growTo(memory: WebAssembly.Memory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE));
}

/**
 * Lays regions out one after another from `start` on.
 *
 * @param slack bytes that are kept free after each region, and what addresses are a multiple of where `start` is
 */
export function layOut(slack: number, start = 0) {
  let end = start;
  return {
    /** The address of a new region of so many bytes. */
    place(bytes: number): number {
      const address = end;
      end = Math.ceil((end + bytes + slack) / slack) * slack;
      return address;
    },
    /** Where the last region and what is kept free after it ends. */
    get end() {
      return end;
    },
  };
}
