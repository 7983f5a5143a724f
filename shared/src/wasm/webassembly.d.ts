// The part of the WebAssembly JavaScript API that the project uses, for type checks
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
  interface ModuleImportDescriptor {
    readonly module: string;
    readonly name: string;
  }
  var Module: {
    prototype: Module;
    new (bytes: ArrayBuffer | ArrayBufferView): Module;
    imports(module: Module): ModuleImportDescriptor[];
  };
  var Memory: {
    prototype: Memory;
    new (descriptor: { initial: number; maximum?: number }): Memory;
  };
  interface RuntimeError extends Error {}
  var RuntimeError: { prototype: RuntimeError; new (message?: string): RuntimeError };
  function compile(bytes: ArrayBuffer | ArrayBufferView): Promise<Module>;
  function validate(bytes: ArrayBuffer | ArrayBufferView): boolean;
  var Instance: { prototype: Instance; new (module: Module, imports?: object): Instance };
}
