import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ConversionFailure } from '../../../analysis/conversion-failure.ts';
import type { Pixels } from './pixels.ts';

const require = createRequire(import.meta.url);

/** What the decoder answers with, in place of a browser's. */
class ImageData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;

  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

let decoder: WebAssembly.Module | undefined;

function compiledDecoder(): WebAssembly.Module {
  const file = require.resolve('@jsquash/avif/codec/dec/avif_dec.wasm');
  decoder ??= new WebAssembly.Module(readFileSync(file));
  return decoder;
}

/**
 * The first picture of an AVIF file as it is coded, not turned, mirrored or cropped, in its own colours.
 *
 * @throws ConversionFailure
 */
export async function decodeAvif(bytes: Uint8Array): Promise<Pixels> {
  Object.assign(globalThis, { ImageData });
  const { default: decode, init } = await import('@jsquash/avif/decode.js');
  // Its types lack the options.
  const create = init as (module: WebAssembly.Module, options: object) => Promise<void>;
  await create(compiledDecoder(), { print: () => {}, printErr: () => {} });
  const image = await decode(bytes.slice().buffer).catch(() => null);
  if (image === null) {
    throw new ConversionFailure(
      'damaged',
      'the AVIF file is damaged: its pixels are corrupt or cut off',
    );
  }
  const { data, width, height } = image;
  return { data: data as Uint8ClampedArray, width, height, channels: 4 };
}
