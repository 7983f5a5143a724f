const PAGE_BYTES = 1 << 16;

/**
 * Caps the memory of every WebAssembly module of this thread that grows its memory from JavaScript, as Emscripten's do:
 * beyond the cap their allocators fail, as they do where a machine has no more.
 *
 * @param bytes of one memory
 */
export function limitWasmMemory(bytes: number): void {
  const prototype = WebAssembly.Memory.prototype as {
    grow: (this: WebAssembly.Memory, pages: number) => number;
  };
  const { grow } = prototype;
  prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE_BYTES > bytes) {
      throw new RangeError(`more than ${bytes} bytes of WebAssembly memory`);
    }
    return grow.call(this, pages);
  };
}
