// The part of the WebAssembly JavaScript API that the resampler uses, for type checks
// without the DOM library; where that (or a runtime's own types) is present, they agree.
declare namespace WebAssembly {
  // biome-ignore lint/suspicious/noEmptyInterface: merges with the DOM library's empty interface
  interface Module {}
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(delta: number): number;
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  var Module: { prototype: Module; new (bytes: ArrayBuffer | ArrayBufferView): Module };
  var Instance: { prototype: Instance; new (module: Module, imports?: object): Instance };
}
