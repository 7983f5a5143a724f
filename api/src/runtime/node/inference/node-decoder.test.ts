import { readFileSync } from 'node:fs';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { decodeWithSharp, type SharpModule } from '@naevus/shared/image/sharp-decode';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { lesion } from '../../../../test/helpers/conformance-requests.ts';
import { NoNativeModuleError } from './native-modules.ts';
import { createNodeDecoder } from './node-decoder.ts';

const codecs = new WebAssembly.Module(
  readFileSync(new URL('../../../wasm/codecs/decoder.wasm', import.meta.url)),
);
const SHARP = sharp as unknown as SharpModule;
const MAX_PIXELS = 52_000_000;

function decoder(getSharp: () => SharpModule, mayStandIn = true) {
  const missing: string[] = [];
  const decode = createNodeDecoder({
    codecs,
    sharp: getSharp,
    maxPixels: MAX_PIXELS,
    onNoSharp(error) {
      if (!mayStandIn) throw error;
      missing.push(error.module);
    },
  });
  const run = (file: Uint8Array<ArrayBuffer>) =>
    decode(file, readImageHeader(file), (image) => ({ ...image, data: image.data.slice() }));
  return { decode, run, missing };
}

const noSharp = (): never => {
  throw new NoNativeModuleError('sharp', new Error('no such file'));
};
const unwanted = (): never => {
  throw new Error('sharp was called');
};

/** A lesion, so that every coefficient of the DCT is in use. */
const image = (width: number, height: number) =>
  sharp(lesion(2)).resize(width, height, { fit: 'fill', kernel: 'cubic' });

async function jpeg(width: number, height: number, options: JpegOptions) {
  return new Uint8Array(await image(width, height).jpeg(options).toBuffer());
}

/** Sides that are no multiple of a block, of two blocks, or of what the kernels take at once. */
const SIZES = [
  [600, 450],
  [448, 336],
  [33, 35],
  [47, 32],
  [129, 63],
  [301, 1000],
] as const;
const ENCODINGS: Record<string, JpegOptions> = {
  '4:2:0': { quality: 90 },
  '4:4:4': { quality: 95, chromaSubsampling: '4:4:4' },
  progressive: { quality: 75, progressive: true },
  coarse: { quality: 3 },
  'all but lossless': { quality: 100 },
};

describe('JPEGs in WebAssembly', () => {
  const { decode, run } = decoder(unwanted);

  it('are not copied out of the memory that the next one is decoded in', async () => {
    const file = await jpeg(600, 450, {});
    const memory = () => decode(file, readImageHeader(file), ({ data }) => data.buffer);
    const first = await memory();
    expect(await memory()).toBe(first);
  });

  describe.each(SIZES)('%i x %i', (width, height) => {
    it.each(Object.keys(ENCODINGS))('%s: the same bytes as in sharp', async (name) => {
      const file = await jpeg(width, height, ENCODINGS[name]!);
      const expected = await decodeWithSharp(SHARP, file);
      const actual = await run(file);
      expect(actual).toMatchObject({ width, height, displayed: { width, height } });
      expect(Buffer.compare(actual.data, expected.data)).toBe(0);
    });
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('the same bytes where EXIF says %i', async (orientation) => {
    const file = await image(201, 150).withMetadata({ orientation }).jpeg().toBuffer();
    const plain = new Uint8Array(file);
    const expected = await decodeWithSharp(SHARP, plain);
    const { data, width } = await decoder(() => SHARP).run(plain);
    expect(width).toBe(expected.width);
    expect(Buffer.compare(data, expected.data)).toBe(0);
  });

  it('the same bytes in grey', async () => {
    const file = new Uint8Array(await image(99, 70).greyscale().jpeg().toBuffer());
    const expected = await decodeWithSharp(SHARP, file);
    expect(Buffer.compare((await run(file)).data, expected.data)).toBe(0);
  });

  it('keeps a large photo within the contract: the shorter side at 448 or more', async () => {
    const { width, height, displayed } = await run(await jpeg(2000, 1500, {}));
    expect(displayed).toEqual({ width: 2000, height: 1500 });
    expect([width, height]).toEqual([1000, 750]);
  });
});

describe('what goes to sharp', () => {
  const { run, missing } = decoder(() => SHARP);

  it.each([
    ['a PNG', () => image(90, 60).png()],
    ['a WebP', () => image(90, 60).webp()],
    ['a JPEG with a colour profile', () => image(90, 60).withIccProfile('p3').jpeg()],
    ['a JPEG in CMYK', () => image(90, 60).toColourspace('cmyk').jpeg()],
  ])('%s', async (_, make) => {
    const file = new Uint8Array(await make().toBuffer());
    await expect(decoder(unwanted).run(file)).rejects.toThrow('sharp was called');
    const expected = await decodeWithSharp(SHARP, file);
    expect(Buffer.compare((await run(file)).data, expected.data)).toBe(0);
    expect(missing).toEqual([]);
  });

  it('is decoded in WebAssembly where sharp has no build, and told once', async () => {
    const { run, missing } = decoder(noSharp);
    const file = new Uint8Array(await image(90, 60).png().toBuffer());
    const expected = await decodeWithSharp(SHARP, file);
    for (let i = 0; i < 2; i++) {
      expect(Buffer.compare((await run(file)).data, expected.data)).toBe(0);
    }
    expect(missing).toEqual(['sharp']);
  });

  it('fails where only sharp will do', async () => {
    const file = new Uint8Array(await image(90, 60).png().toBuffer());
    await expect(decoder(noSharp, false).run(file)).rejects.toThrow(NoNativeModuleError);
  });
});
