// With `node --require`: as on a machine that sharp and onnxruntime-node have no build for.
const Module = require('node:module');
const load = Module._load;
Module._load = function withoutNative(name, ...rest) {
  if (name === 'sharp' || name === 'onnxruntime-node') throw new Error(`${name}: no such build`);
  return load.call(this, name, ...rest);
};
