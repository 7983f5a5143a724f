/** What a decoder of Emscripten is created with where its module is compiled already: it prints nothing. */
export function emscriptenOptions(module: WebAssembly.Module) {
  return {
    instantiateWasm(imports: object, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      done(instance);
      return instance.exports;
    },
    print: () => {},
    printErr: () => {},
  };
}
