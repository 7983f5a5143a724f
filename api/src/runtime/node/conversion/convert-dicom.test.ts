import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SharpModule } from '@naevus/shared/image/sharp-decode';
import { decodeWithSharp } from '@naevus/shared/image/sharp-decode';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { cutOff, mutated, seeded } from '../../../../test/helpers/damaged-files.ts';
import {
  type DicomElement,
  type DicomSpec,
  dicomFile,
  element,
  item,
  NAMED_PATIENT,
  rleFrame,
  SYNTAX,
} from '../../../../test/helpers/dicom-files.ts';
import type { ConvertedImage } from '../../../analysis/file-converter.ts';
import { convertFile } from './convert-file.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const [WIDTH, HEIGHT] = [64, 48];
const SIZE = { width: WIDTH, height: HEIGHT };
const PIXELS = WIDTH * HEIGHT;

/** Different in every pixel and channel, as the lossless JPEG of the fixtures. */
const drawn = Uint8Array.from({ length: PIXELS * 3 }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
  return [x * 4, y * 5, (x + y) * 2][i % 3]!;
});
const plane = (k: number) => drawn.filter((_, i) => i % 3 === k);
const planes = () => Buffer.concat([plane(0), plane(1), plane(2)]);

const convert = (bytes: Bytes, maxPixels = 1_000_000) =>
  convertFile({ bytes, format: 'dicom' }, { maxPixels });

async function converted(bytes: Bytes): Promise<ConvertedImage> {
  const result = await convert(bytes);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.image;
}

async function rgbOf({ bytes, header }: ConvertedImage): Promise<Uint8Array> {
  return (await decodeWithSharp(sharp as unknown as SharpModule, bytes, { header })).data;
}

async function failureOf(bytes: Bytes, maxPixels?: number): Promise<string> {
  const result = await convert(bytes, maxPixels);
  if (result.ok) throw new Error('it was converted');
  return `${result.failure.kind}: ${result.failure.detail}`;
}

/** What JPEG makes of RGB, with all values from 0 to 255. */
function ybr(): Uint8Array {
  const out = new Uint8ClampedArray(drawn.length);
  for (let i = 0; i < drawn.length; i += 3) {
    const [r, g, b] = [drawn[i]!, drawn[i + 1]!, drawn[i + 2]!];
    out[i] = 0.299 * r + 0.587 * g + 0.114 * b;
    out[i + 1] = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
    out[i + 2] = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
  }
  return new Uint8Array(out.buffer);
}

/** Every second chrominance is left out. */
function ybr422(): Uint8Array {
  const full = ybr();
  const out = new Uint8Array(PIXELS * 2);
  for (let i = 0; i < PIXELS; i += 2) {
    out.set([full[i * 3]!, full[i * 3 + 3]!, full[i * 3 + 1]!, full[i * 3 + 2]!], i * 2);
  }
  return out;
}

const INDEXED = { ...SIZE, photometric: 'PALETTE COLOR', samples: 1 };

/** 32 colours of which pixels name one, from 10 on. */
function palette(bits: 8 | 16): DicomElement[] {
  const entries = [0, 1, 2].map((k) => Array.from({ length: 32 }, (_, i) => (i * (3 + k)) % 256));
  return entries.flatMap((values, k): DicomElement[] => [
    [0x00281101 + k, 'US', [32, 10, bits]],
    [
      0x00281201 + k,
      'OW',
      bits === 16 ? values.map((value) => value * 257) : Uint8Array.from(values),
    ],
  ]);
}

const indices = Uint8Array.from({ length: PIXELS }, (_, i) => 10 + (i % 32));
const indexed = () => {
  const rgb = Array.from(indices, (index) => [0, 1, 2].map((k) => ((index - 10) * (3 + k)) % 256));
  return Uint8Array.from(rgb.flat());
};
const wide = () => Uint8Array.from([...indices].flatMap((index) => [index, 0]));

async function jpegOf(options: JpegOptions = {}): Promise<Uint8Array> {
  const image = sharp(drawn, { raw: { ...SIZE, channels: 3 } });
  return image.jpeg({ quality: 98, chromaSubsampling: '4:4:4', ...options }).toBuffer();
}

/** By the codec's own encoder, without loss. */
async function jpeg2000(): Promise<Uint8Array> {
  const create = createRequire(import.meta.url)('@cornerstonejs/codec-openjpeg/wasmjs');
  const { J2KEncoder } = await create();
  const encoder = new J2KEncoder();
  const info = { ...SIZE, bitsPerSample: 8, componentCount: 3, isSigned: false };
  encoder.getDecodedBuffer(info).set(drawn);
  encoder.setQuality(true, 0);
  encoder.encode();
  return Uint8Array.from(encoder.getEncodedBuffer());
}

const JPEG_IN = { ...SIZE, transferSyntax: SYNTAX.jpeg, photometric: 'YBR_FULL_422' };

describe('the pixels of a DICOM file', () => {
  it.each<[string, DicomSpec, (() => Uint8Array)?, number?]>([
    ['RGB', { ...SIZE, pixels: drawn }],
    ['RGB in planes', { ...SIZE, planar: 1, pixels: planes() }],
    ['YBR_FULL', { ...SIZE, photometric: 'YBR_FULL', pixels: ybr() }, () => drawn, 2],
    ['YBR_FULL_422', { ...SIZE, photometric: 'YBR_FULL_422', pixels: ybr422() }, () => drawn, 8],
    ['two frames', { ...SIZE, frames: 2, pixels: Buffer.concat([drawn, drawn.slice().reverse()]) }],
    ['a palette of 8 bits', { ...INDEXED, elements: palette(8), pixels: indices }, indexed],
    ['a palette of 16 bits', { ...INDEXED, elements: palette(16), pixels: indices }, indexed],
    [
      'indices of 16 bits',
      { ...INDEXED, bits: 16, elements: palette(16), pixels: wide() },
      indexed,
    ],
    ['RLE', { ...SIZE, transferSyntax: SYNTAX.rle, pixels: [rleFrame([0, 1, 2].map(plane))] }],
    [
      'RLE of a palette',
      {
        ...INDEXED,
        transferSyntax: SYNTAX.rle,
        elements: palette(16),
        pixels: [rleFrame([indices])],
      },
      indexed,
    ],
  ])('%s', async (_, spec, expected = () => drawn, tolerance = 0) => {
    const image = await converted(dicomFile(spec));
    expect(image.source).toEqual({ format: 'dicom', ...SIZE });
    const difference = differenceOf(await rgbOf(image), expected());
    expect(difference).toBeLessThanOrEqual(tolerance);
  });

  it('JPEG 2000', async () => {
    const pixels = [await jpeg2000()];
    const spec = { ...SIZE, transferSyntax: SYNTAX.jpeg2000, photometric: 'YBR_RCT', pixels };
    expect(differenceOf(await rgbOf(await converted(dicomFile(spec))), drawn)).toBe(0);
  });

  it('lossless JPEG', async () => {
    const file = new URL(
      '../../../../test/fixtures/dicom/drawn-lossless-jpeg.dcm',
      import.meta.url,
    );
    const image = await converted(new Uint8Array(readFileSync(file)));
    expect(differenceOf(await rgbOf(image), drawn)).toBe(0);
  });

  it('JPEG, in fragments, of the first of two frames, without its EXIF data', async () => {
    const jpeg = await jpegOf();
    const exif = await sharp(jpeg)
      .withExif({ IFD0: { Artist: 'Mustermann' } })
      .jpeg()
      .toBuffer();
    const black = await sharp({ create: { ...SIZE, channels: 3, background: '#000' } })
      .jpeg()
      .toBuffer();
    const cut = 500;
    const pixels = [jpeg.subarray(0, cut), jpeg.subarray(cut), black];
    const image = await converted(dicomFile({ ...JPEG_IN, frames: 2, pixels }));
    expect(image.header.format).toBe('jpeg');
    expect(differenceOf(await rgbOf(image), drawn)).toBeLessThan(12);
    const withExif = await converted(dicomFile({ ...JPEG_IN, pixels: [exif] }));
    expect(Buffer.from(withExif.bytes).includes('Mustermann')).toBe(false);
  });
});

function differenceOf(actual: Uint8Array, expected: Uint8Array): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)));
}

describe('what a DICOM file says of the patient', () => {
  const patient = async (...elements: DicomElement[]) =>
    (
      await converted(
        dicomFile({ ...SIZE, pixels: drawn, elements: [...NAMED_PATIENT, ...elements] }),
      )
    ).patient;
  const region = (code: string, scheme: string): DicomElement => [
    0x00082218,
    'SQ',
    item(
      0xfffee000,
      Buffer.concat([element(0x00080100, 'SH', code), element(0x00080102, 'SH', scheme)]),
    ),
  ];

  it.each<[string, DicomElement[], object]>([
    ['nothing', [], {}],
    ['years', [[0x00101010, 'AS', '063Y']], { age: 63 }],
    ['months', [[0x00101010, 'AS', '018M']], { age: 1.5 }],
    ['an age that is none', [[0x00101010, 'AS', '63']], {}],
    ['an age beyond all', [[0x00101010, 'AS', '999Y']], {}],
    ['a sex', [[0x00100040, 'CS', 'F']], { sex: 'female' }],
    ['another sex', [[0x00100040, 'CS', 'O']], {}],
    ['a body part', [[0x00180015, 'CS', 'BACK']], { site: 'back' }],
    ['a body part that is not known here', [[0x00180015, 'CS', 'TORSO']], {}],
    ['a region by code', [region('77568009', 'SCT')], { site: '77568009' }],
    ['a region in another scheme', [region('77568009', 'SRT')], {}],
  ])('%s', async (_, elements, expected) => {
    expect(await patient(...elements)).toEqual(expected);
  });

  it('is all that is kept of its header', async () => {
    const file = dicomFile({ ...SIZE, pixels: drawn, elements: NAMED_PATIENT });
    const kept = Buffer.from(JSON.stringify(await converted(file)));
    for (const [, , value] of NAMED_PATIENT) expect(kept.includes(value as string)).toBe(false);
  });
});

describe('a DICOM file that is not read', () => {
  const file = (spec: Partial<DicomSpec> = {}) => dicomFile({ ...SIZE, pixels: drawn, ...spec });

  it.each<[string, Bytes, RegExp]>([
    ['monochrome', file({ photometric: 'MONOCHROME2', samples: 1 }), /^colours: a monochrome/],
    ['in other colours', file({ photometric: 'HSV' }), /^colours: .*HSV.*RGB/],
    ['of another syntax', file({ transferSyntax: SYNTAX.jpegLs }), /^format: .*2\.4\.80.*JPEG/],
    ['of 16 bits a sample', file({ bits: 16 }), /^format: .*16 bits/],
    ['without rows', file({ height: 0 }), /^damaged/],
    ['with fewer pixels than it says', file({ height: 60 }), /^damaged: .*fewer pixels/],
    ['with a name for a syntax', file({ transferSyntax: 'Mustermann' }), /^format: (?!.*Muster)/],
    ['with raw pixels in fragments', file({ pixels: [drawn] }), /^damaged/],
    ['with no JPEG inside', file({ ...JPEG_IN, pixels: [drawn] }), /^damaged: .*no JPEG/],
    [
      'with RLE segments elsewhere',
      file({ transferSyntax: SYNTAX.rle, pixels: [new Uint8Array(64).fill(3)] }),
      /^damaged/,
    ],
    [
      'with no RLE inside',
      file({ transferSyntax: SYNTAX.rle, pixels: [new Uint8Array(2)] }),
      /^damaged/,
    ],
    [
      'with no JPEG 2000 inside',
      file({ transferSyntax: SYNTAX.jpeg2000, pixels: [drawn] }),
      /^damaged/,
    ],
  ])('%s', async (_, bytes, expected) => {
    expect(await failureOf(bytes)).toMatch(expected);
  });

  it('as it has more pixels than are read', async () => {
    expect(await failureOf(file({ width: 60_000, height: 60_000 }))).toMatch(/^too-large/);
    expect(await failureOf(file(), PIXELS - 1)).toMatch(/^too-large/);
  });

  it('as the JPEG inside is of another size', async () => {
    const pixels = [await jpegOf()];
    expect(await failureOf(dicomFile({ ...JPEG_IN, width: 65, pixels }))).toMatch(
      /^damaged: .*65 x 48 pixels, and the JPEG inside 64 x 48/,
    );
  });

  it('as its sequences do not end', async () => {
    const open = element(0x00082218, 'SQ', Buffer.alloc(0), 0xffffffff);
    const nested = Buffer.concat(
      Array(20_000).fill(Buffer.concat([open, item(0xfffee000, undefined, 0xffffffff)])),
    );
    const bytes = new Uint8Array(Buffer.concat([file().subarray(0, 180), nested]));
    expect(await failureOf(bytes)).toMatch(/^damaged/);
  });

  it('as its header or its fragments have no end', async () => {
    const start = Buffer.from(file().subarray(0, 180));
    const elements = Buffer.alloc(9 << 20);
    for (let at = 0; at < elements.length; at += 8) {
      elements.writeUInt16LE(0x0011, at);
      elements.writeUInt16LE(at / 8 / 65_536, at);
      elements.writeUInt16LE((at / 8) % 65_536, at + 2);
      elements.write('LO', at + 4, 'latin1');
    }
    expect(await failureOf(new Uint8Array(Buffer.concat([start, elements])))).toMatch(/^damaged/);
    const fragments = Array(20_000).fill(new Uint8Array(0));
    expect(await failureOf(file({ ...JPEG_IN, pixels: fragments }))).toMatch(
      /^damaged: .*fragments/,
    );
  });

  it('as it is cut off or changed anywhere', async () => {
    const random = seeded(7);
    const sound = [
      file({ transferSyntax: SYNTAX.rle, pixels: [rleFrame([0, 1, 2].map(plane))] }),
      dicomFile({ ...JPEG_IN, pixels: [await jpegOf()] }),
      dicomFile({
        ...SIZE,
        transferSyntax: SYNTAX.jpeg2000,
        photometric: 'YBR_RCT',
        pixels: [await jpeg2000()],
      }),
    ];
    for (const bytes of sound) {
      for (const part of cutOff(bytes, 12).filter(({ length }) => length < bytes.length - 9)) {
        const result = await convert(part);
        // A JPEG that is cut off is for the decoder to tell.
        if (result.ok) expect(result.image.header.format).toBe('jpeg');
      }
      for (let i = 0; i < 40; i++) await convert(mutated(bytes, random, 500));
    }
  });
});
