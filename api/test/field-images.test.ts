import { readFileSync } from 'node:fs';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import sharp, { type JpegOptions, type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnalysisBackend, analyse } from '../src/analysis/analyse.ts';
import { assess } from '../src/answers/assess.ts';
import { openModelFolder } from '../src/runtime/node/models/model-folder.ts';
import type { ReasonCode } from '../src/schemas/reasons.ts';
import { MODELS, nativeBackend, nodeDecoder, wasmBackend } from './helpers/backends.ts';
import {
  adobePrimaries,
  adobeRgb,
  coded,
  encoder,
  gamma,
  optionalFileExif,
  pngOf,
  recoded,
  SRGB_ITSELF,
  webpWithExif,
  withExif,
  withPngChunks,
} from './helpers/declared-colours.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Images that people sent, and what is right for each; siblings of each kind are made here. */
const field = (name: string): Bytes =>
  new Uint8Array(readFileSync(new URL(`fixtures/field/${name}`, import.meta.url)));
const melanoma = () => field('melanoma.png');
const bytes = async (image: Sharp): Promise<Bytes> => new Uint8Array(await image.toBuffer());
const jpeg = (options: JpegOptions = {}) =>
  bytes(sharp(melanoma()).jpeg({ quality: 92, ...options }));

/** Largest difference of a score that conversions and encodings may make. */
const MOST_DIFFERENT = 0.03;

interface Case {
  readonly name: string;
  readonly make: () => Bytes | Promise<Bytes>;
  /** The image whose scores are right, why its answer is abstained from, or why there is no answer. */
  readonly right:
    | (() => Bytes | Promise<Bytes>)
    | { readonly abstainsFor: ReasonCode }
    | 'damaged'
    | 'colours';
}

/** A file's bytes with some of them replaced. */
function replaced(file: Bytes, from: number, to: number, by: readonly number[]): Bytes {
  return new Uint8Array([...file.subarray(0, from), ...by, ...file.subarray(to)]);
}

const without = (file: Bytes, from: number, count: number) =>
  replaced(file, from, from + count, []);
const scanOf = (file: Bytes) => Buffer.from(file).indexOf(Buffer.of(0xff, 0xda));
const lineEndsOfWindows = (file: Bytes) =>
  new Uint8Array(
    Buffer.from(Buffer.from(file).toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  );

/** A scan's last three bytes are parameters that only progressive JPEGs use: Samsung's cameras leave them empty. */
function withEmptyScanParameters(file: Bytes): Bytes {
  const at = scanOf(file);
  const parameters = at + 2 + file[at + 3]! - 3;
  expect([...file.subarray(parameters, parameters + 3)]).toEqual([0, 63, 0]);
  return replaced(file, parameters, parameters + 3, [0, 0, 0]);
}

async function cmyk(options: JpegOptions): Promise<Bytes> {
  const inks = sharp(melanoma()).toColourspace('cmyk').withIccProfile('cmyk');
  return bytes(inks.jpeg({ quality: 95, ...options }));
}

/** Inks that no profile describes. */
const inksAlone = (options: JpegOptions = {}) =>
  bytes(
    sharp(melanoma())
      .toColourspace('cmyk')
      .jpeg({ quality: 95, ...options }),
  );

/** The same by the plain formula, as browsers show them. */
async function fromInksAlone(): Promise<Bytes> {
  const inks = sharp(await inksAlone()).pipelineColourspace('cmyk');
  const { data, info } = await inks
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(4);
  const { width, height } = info;
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = 4 * Math.floor(i / 3);
    return ((255 - data[pixel + (i % 3)]!) * (255 - data[pixel + 3]!)) / 255;
  });
  return bytes(sharp(rgb, { raw: { width, height, channels: 3 } }).png());
}

/** With a profile that is for other channels. */
async function inksWithAProfileOfRgb(): Promise<Bytes> {
  const [inks, other] = await Promise.all([
    inksAlone(),
    bytes(sharp(melanoma()).withIccProfile('p3').jpeg()),
  ]);
  const at = Buffer.from(other).indexOf(Buffer.from('ICC_PROFILE')) - 4;
  const end = at + 2 + Buffer.from(other).readUInt16BE(at + 2);
  return replaced(inks, 2, 2, [...other.subarray(at, end)]);
}

/** Inks have fewer colours than sRGB. */
const fromInks = async () =>
  bytes(
    sharp(await cmyk({}))
      .toColourspace('srgb')
      .png(),
  );

/** Without Adobe's APP14 segment. */
function withoutAdobeMarker(file: Bytes): Bytes {
  const at = Buffer.from(file).indexOf(Buffer.from('\xff\xee\0\x0eAdobe', 'latin1'));
  expect(at).toBeGreaterThan(0);
  return without(file, at, 16);
}

const CASES: readonly Case[] = [
  { name: 'jpeg-crlf-mangled', make: () => field('jpeg-crlf-mangled.jpg'), right: 'damaged' },
  {
    name: 'a progressive JPEG whose line ends were translated',
    make: async () => lineEndsOfWindows(await jpeg({ progressive: true })),
    right: 'damaged',
  },
  {
    name: 'a JPEG that lost a kilobyte',
    make: async () => without(await jpeg(), 12_000, 1024),
    right: 'damaged',
  },
  {
    name: 'a JPEG with a sector of zeros',
    make: async () => replaced(await jpeg(), 8192, 8704, new Array(512).fill(0)),
    right: 'damaged',
  },
  {
    name: 'a JPEG with a sector twice',
    make: async () => {
      const file = await jpeg();
      return replaced(file, 8192, 8192, [...file.subarray(7680, 8192)]);
    },
    right: 'damaged',
  },
  {
    name: 'a JPEG cut off, and ended',
    make: async () => new Uint8Array([...(await jpeg()).subarray(0, 14_000), 0xff, 0xd9]),
    right: 'damaged',
  },
  {
    name: 'a progressive JPEG without its last scans, and ended',
    make: async () => {
      const file = await jpeg({ progressive: true });
      return new Uint8Array(file.subarray(0, Buffer.from(file).lastIndexOf(Buffer.of(0xff, 0xda))));
    },
    right: 'damaged',
  },
  {
    name: 'a JPEG in Display P3 that lost a kilobyte',
    make: async () =>
      without(
        await bytes(sharp(melanoma()).withIccProfile('p3').jpeg({ quality: 92 })),
        12_000,
        1024,
      ),
    right: 'damaged',
  },

  {
    name: 'a WebP with a changed bit',
    make: async () => {
      const file = await bytes(sharp(melanoma()).webp({ quality: 90 }));
      const at = file.length >> 1;
      return replaced(file, at, at + 1, [file[at]! ^ 0x10]);
    },
    right: 'damaged',
  },
  {
    name: 'a WebP with transparency and a sector of zeros',
    make: async () => {
      const file = await bytes(sharp(melanoma()).ensureAlpha(0.9).webp({ quality: 90 }));
      return replaced(file, 2048, 2560, new Array(512).fill(0));
    },
    right: 'damaged',
  },
  {
    name: 'a lossless WebP that lost a kilobyte, and has zeros for it',
    make: async () => {
      const file = await bytes(sharp(melanoma()).webp({ lossless: true }));
      return new Uint8Array([...without(file, 12_000, 1024), ...new Array(1024).fill(0)]);
    },
    right: 'damaged',
  },
  {
    name: 'a lossless WebP',
    make: () => bytes(sharp(melanoma()).webp({ lossless: true })),
    right: melanoma,
  },

  {
    name: 'jpeg-without-eoi',
    make: () => field('jpeg-without-eoi.jpg'),
    right: () => field('jpeg-without-eoi.reference.png'),
  },
  {
    name: 'a progressive JPEG without an end',
    make: async () => (await jpeg({ progressive: true })).slice(0, -2),
    right: melanoma,
  },
  {
    name: 'a JPEG in Display P3 without an end',
    make: async () =>
      (await bytes(sharp(melanoma()).withIccProfile('p3').jpeg({ quality: 92 }))).slice(0, -2),
    right: melanoma,
  },
  {
    name: 'a JPEG with more bytes after its end',
    make: async () => new Uint8Array([...(await jpeg()), ...Buffer.from('\0\0SEFT and a film')]),
    right: melanoma,
  },
  {
    name: 'a JPEG with zeros before its end',
    make: async () => {
      const file = await jpeg();
      return replaced(file, file.length - 2, file.length - 2, new Array(12).fill(0));
    },
    right: melanoma,
  },
  {
    name: 'a JPEG whose scan has no parameters',
    make: async () => withEmptyScanParameters(await jpeg()),
    right: melanoma,
  },

  {
    name: 'grey-melanoma',
    make: () => field('grey-melanoma.png'),
    right: { abstainsFor: 'unusual-colours' },
  },
  {
    name: 'an inverted image',
    make: () => bytes(sharp(melanoma()).negate({ alpha: false }).png()),
    right: { abstainsFor: 'unusual-colours' },
  },
  {
    name: 'an image with red and blue exchanged',
    make: () =>
      bytes(
        sharp(melanoma())
          .recomb([
            [0, 0, 1],
            [0, 1, 0],
            [1, 0, 0],
          ])
          .png(),
      ),
    right: { abstainsFor: 'unusual-colours' },
  },
  {
    name: 'a grey JPEG',
    make: () => bytes(sharp(melanoma()).greyscale().jpeg()),
    right: { abstainsFor: 'unusual-colours' },
  },
  ...(
    [
      ['a strip of a lesion', 600, 150],
      ['a strip on end', 150, 600],
    ] as const
  ).map(([name, width, height]) => ({
    name,
    make: () => bytes(sharp(melanoma()).resize(width, height, { fit: 'fill' }).png()),
    right: { abstainsFor: 'too-elongated' as const },
  })),

  { name: 'png-cicp-display-p3', make: () => field('png-cicp-display-p3.png'), right: melanoma },
  { name: 'adobe-rgb-by-exif', make: () => field('adobe-rgb-by-exif.jpg'), right: melanoma },
  {
    name: 'a PNG with gAMA of a screen of 1.8',
    make: async () => pngOf(await recoded(melanoma(), SRGB_ITSELF, 1 / 1.8), gamma(1 / 1.8)),
    right: melanoma,
  },
  {
    name: 'a PNG with gAMA and cHRM of Adobe RGB',
    make: async () => pngOf(await adobeRgb(melanoma()), gamma(256 / 563), adobePrimaries()),
    right: melanoma,
  },
  {
    name: 'a PNG whose cICP says sRGB, whatever its gAMA',
    make: () => withPngChunks(melanoma(), coded(1, 13, 0, 1), gamma(1)),
    right: melanoma,
  },
  {
    name: 'a progressive JPEG in Adobe RGB by EXIF',
    make: async () => {
      const file = await encoder(await adobeRgb(melanoma())).jpeg({
        quality: 95,
        progressive: true,
      });
      return withExif(await bytes(file), optionalFileExif());
    },
    right: melanoma,
  },
  {
    name: 'a WebP in Adobe RGB by EXIF',
    make: async () => {
      const raw = await adobeRgb(melanoma());
      // Lossless: a lossy one halves the colours' resolution, which moves scores as well.
      const webp = await encoder(raw).webp({ lossless: true }).toBuffer();
      return webpWithExif(webp, optionalFileExif(), raw.info.width, raw.info.height);
    },
    right: melanoma,
  },
  {
    name: 'a PNG whose cICP says BT.2100 PQ',
    make: () => withPngChunks(melanoma(), coded(9, 16, 0, 1)),
    right: 'colours',
  },

  {
    name: 'cmyk-without-adobe-marker',
    make: () => field('cmyk-without-adobe-marker.jpg'),
    right: () => field('cmyk-without-adobe-marker.reference.png'),
  },
  { name: 'CMYK without a profile', make: () => inksAlone(), right: fromInksAlone },
  {
    name: 'progressive CMYK with a profile of RGB',
    make: inksWithAProfileOfRgb,
    right: fromInksAlone,
  },
  { name: 'CMYK with a profile', make: () => cmyk({}), right: fromInks },
  {
    name: 'progressive CMYK without Adobe’s marker',
    make: async () => withoutAdobeMarker(await cmyk({ progressive: true })),
    right: fromInks,
  },
  { name: 'a PNG without its last chunk', make: () => melanoma().slice(0, -12), right: melanoma },
  {
    name: 'a PNG cut off inside its last chunk',
    make: () => melanoma().slice(0, -5),
    right: melanoma,
  },
  {
    name: 'an interlaced PNG without its last chunk',
    make: async () => (await bytes(sharp(melanoma()).png({ progressive: true }))).slice(0, -12),
    right: melanoma,
  },
  {
    name: 'a PNG without its last pixels',
    make: () => melanoma().slice(0, -40),
    right: 'damaged',
  },
];

describe('images from the field', () => {
  const backends = new Map<string, AnalysisBackend>();
  let manifest: Awaited<ReturnType<typeof openModelFolder>>['manifest'];

  beforeAll(async () => {
    ({ manifest } = await openModelFolder({ directory: MODELS }));
    const native = await nativeBackend();
    backends.set('node', { ...native, decode: nodeDecoder() });
    backends.set('webassembly', await wasmBackend());
  }, 120_000);

  async function outcomeOf(file: Bytes, backend: AnalysisBackend) {
    return analyse({ bytes: file.slice(), header: readImageHeader(file) }, {}, backend);
  }

  async function scoresOf(file: Bytes, backend: AnalysisBackend) {
    const outcome = await outcomeOf(file, backend);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    return outcome.analysis.scores;
  }

  describe.each(['node', 'webassembly'])('%s', (engine) => {
    it.each(CASES)('$name', { timeout: 60_000 }, async ({ make, right }) => {
      const backend = backends.get(engine)!;
      const outcome = await outcomeOf(await make(), backend);
      if (right === 'damaged' || right === 'colours') {
        expect(outcome).toMatchObject({ ok: false, failure: { kind: right } });
        return;
      }
      if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
      const { scores, measurements } = outcome.analysis;
      const { assessment } = assess(
        { scores, ...measurements! },
        { manifest, taxonomy: taxonomyOf(manifest) },
      );
      expect(assessment.abstained).toBe('abstainsFor' in right);
      if ('abstainsFor' in right) {
        expect(assessment.triage).not.toBe('routine');
        expect(assessment.reasons.map(({ code }) => code)).toContain(right.abstainsFor);
        return;
      }
      const expected = await scoresOf(await right(), backend);
      for (const [i, score] of scores.entries()) {
        expect(Math.abs(score - expected[i]!), `score ${i}`).toBeLessThanOrEqual(MOST_DIFFERENT);
      }
    });
  });

  it.each([
    [8160, 6144],
    [8192, 6144],
  ])(
    'decodes %i x %i pixels of a phone by default',
    { timeout: 120_000 },
    async (width, height) => {
      const background = { r: 190, g: 140, b: 130 };
      const image = sharp({ create: { width, height, channels: 3, background } });
      const file = await bytes(image.jpeg());
      const outcome = await outcomeOf(file, backends.get('node')!);
      expect(outcome).toMatchObject({ ok: true, analysis: { image: { width, height } } });
    },
  );
});
