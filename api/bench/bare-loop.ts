// What one core does with nothing around it: decoding, inference, or both, in a loop, as a process of its own.
// Reads lines "mode file seconds", answers each with {"images","seconds"}.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { createResampler } from '@naevus/shared/image/resampler';
import { manifestSchema } from '@naevus/shared/model/manifest';
import { createNodeDecoder } from '../src/runtime/node/inference/node-decoder.ts';
import { createOnnxClassifier } from '../src/runtime/node/inference/onnx-classifier.ts';
import { sharedSharp, sharpState } from '../src/runtime/node/inference/shared-sharp.ts';

const [modelFolder = '', wasmFolder = ''] = process.argv.slice(2);
const compiled = (file: string) => new WebAssembly.Module(readFileSync(join(wasmFolder, file)));

const manifest = manifestSchema.parse(
  JSON.parse(readFileSync(join(modelFolder, 'manifest.json'), 'utf8')),
);
const { onnx } = manifest.engines;
const classes = manifest.labels.length;
const classify = await createOnnxClassifier(
  await readFile(join(modelFolder, onnx.path)),
  onnx,
  1,
  classes,
);
const resampler = createResampler(compiled('kernels.wasm'));
const decodeImage = createNodeDecoder({
  codecs: compiled('decoder.wasm'),
  sharp: sharedSharp(sharpState()),
  maxPixels: Number.POSITIVE_INFINITY,
  onNoSharp(error) {
    throw error;
  },
});

const decode = (photo: Uint8Array<ArrayBuffer>): Promise<Uint8Array> =>
  decodeImage(photo, readImageHeader(photo), (picture) => resampler.resizeToInput(picture, 1));

const answer = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

answer({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const [mode, seconds, file] = JSON.parse(line) as [string, number, string];
  const photo = new Uint8Array(readFileSync(file));
  const input = await decode(photo);
  const loops: Record<string, () => Promise<unknown>> = {
    decode: () => decode(photo),
    inference: () => classify(input),
    both: async () => classify(await decode(photo)),
  };
  const loop = loops[mode]!;
  for (let i = 0; i < 3; i++) await loop();
  const start = performance.now();
  let images = 0;
  let elapsed = 0;
  for (; elapsed < seconds; elapsed = (performance.now() - start) / 1000, images++) await loop();
  answer({ images, seconds: elapsed });
}
