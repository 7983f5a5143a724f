import { promisify } from 'node:util';
import { deflate as deflateWithCallback } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { plain, pngChunk, pngThatClaims, RED } from './pictures.ts';

type Bytes = Uint8Array<ArrayBuffer>;

// Not at once: while it computes, the test's connections would be closed for idleness.
const deflate = promisify(deflateWithCallback);

/** A file that should do harm, and how the server answers it. */
export interface HostileFile {
  readonly name: string;
  readonly make: () => Bytes | Promise<Bytes>;
  /** 200, or the problem's kind. */
  readonly answer: string | 200;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

async function encoded(image: Sharp): Promise<Buffer> {
  return image.toBuffer();
}

const jpeg = (): Promise<Buffer> => encoded(plain(RED).jpeg({ quality: 95 }));
const png = (): Promise<Buffer> => encoded(plain(RED).png());
const webp = (): Promise<Buffer> => encoded(plain(RED).webp());

function bytes(...parts: readonly (Uint8Array | string | readonly number[])[]): Bytes {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) =>
        typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part as Uint8Array),
      ),
    ),
  );
}

/** A JPEG marker segment. */
function segment(marker: number, data: Uint8Array, length = data.length + 2): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(length, 2);
  return Buffer.concat([head, data]);
}

/** A JPEG with segments put behind its first two bytes. */
async function jpegWith(...segments: readonly Uint8Array[]): Promise<Bytes> {
  const file = await jpeg();
  return bytes(file.subarray(0, 2), ...segments, file.subarray(2));
}

/** Where a marker begins. */
function markerAt(file: Buffer, marker: number): number {
  const at = file.indexOf(Buffer.from([0xff, marker]));
  if (at < 0) throw new Error(`the JPEG has no marker ${marker.toString(16)}`);
  return at;
}

/** A JPEG whose frame header was changed. */
async function jpegFrame(change: (frame: Buffer) => void): Promise<Bytes> {
  const file = await jpeg();
  change(file.subarray(markerAt(file, 0xc0)));
  return bytes(file);
}

/** A PNG with chunks put behind its header. */
async function pngWith(...chunks: readonly Uint8Array[]): Promise<Bytes> {
  const file = await png();
  return bytes(file.subarray(0, 33), ...chunks, file.subarray(33));
}

/** A PNG of grey rows of zeros. */
function greyPng(width: number, height: number, idat: Buffer[]): Bytes {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return bytes(
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    ...idat.map((data) => pngChunk('IDAT', data)),
    pngChunk('IEND', Buffer.alloc(0)),
  );
}

function greyRows(width: number, height: number): Promise<Buffer> {
  return deflate(Buffer.alloc((width + 1) * height), { level: 9 });
}

function riff(...chunks: readonly Uint8Array[]): Bytes {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  const head = Buffer.from('RIFF\0\0\0\0');
  head.writeUInt32LE(body.length, 4);
  return bytes(head, body);
}

function riffChunk(type: string, data: Uint8Array, length = data.length): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
}

function vp8x(flags: number, width: number, height: number): Buffer {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return riffChunk('VP8X', data);
}

/** EXIF data with one entry in its directory. */
function exif(tag: number, type: number, count: number, value: number, entries = 1): Buffer {
  const data = Buffer.alloc(26);
  data.write('MM\0*', 'latin1');
  data.writeUInt32BE(8, 4);
  data.writeUInt16BE(entries, 8);
  data.writeUInt16BE(tag, 10);
  data.writeUInt16BE(type, 12);
  data.writeUInt32BE(count, 14);
  data.writeUInt16BE(value, 18);
  return data;
}

const exifSegment = (data: Uint8Array) =>
  segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), data]));

/** A GIF of one pixel, many times. */
function gifBomb(): Bytes {
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  const frames = Array.from({ length: 10_000 }, () => frame);
  const head = Buffer.from('GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  return bytes(head, ...frames, [0x3b]);
}

async function animated(frames: number): Promise<Buffer> {
  const pages = Buffer.alloc(64 * 64 * frames * 3);
  for (let i = 0; i < pages.length; i += 3) pages.set(i < 64 * 64 * 3 ? RED : [0, 0, i % 256], i);
  return sharp(pages, { raw: { width: 64, height: 64 * frames, channels: 3, pageHeight: 64 } })
    .webp({ loop: 0, delay: Array.from({ length: frames }, () => 10) })
    .toBuffer();
}

const ENTITIES = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">${Array.from(
  { length: 20 },
  (_, i) =>
    `<!ENTITY ${'abcdefghijklmnopqrstu'[i + 1]} "${`&${'abcdefghijklmnopqrst'[i]};`.repeat(10)}">`,
).join('')}]><svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><text>&u;</text></svg>`;

/** Small files that are large to whoever believes them. */
const BOMBS: HostileFile[] = [
  {
    name: 'a PNG that claims 900 megapixels',
    make: () => pngThatClaims(30_000, 30_000),
    answer: 'too-many-pixels',
  },
  {
    name: 'a PNG that claims the largest sides there are',
    make: () => pngThatClaims(2 ** 31 - 1, 2 ** 31 - 1),
    answer: 'too-many-pixels',
  },
  {
    name: '48 megapixels of one colour in 50 KB',
    make: async () => greyPng(8000, 6000, [await greyRows(8000, 6000)]),
    answer: 200,
  },
  {
    name: 'a ribbon of 32 by 500,000 pixels',
    make: async () => greyPng(32, 500_000, [await greyRows(32, 500_000)]),
    answer: 200,
  },
  {
    name: 'a PNG whose pixels inflate to more than its header says',
    make: async () => greyPng(64, 64, [await greyRows(20_000, 5000)]),
    answer: 200,
  },
  {
    name: 'a PNG with a text that inflates to 200 MB',
    make: async () =>
      pngWith(
        pngChunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), await deflate(Buffer.alloc(2e8))])),
      ),
    answer: 200,
  },
  {
    name: 'a PNG with a profile that inflates to 200 MB',
    make: async () =>
      pngWith(
        pngChunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), await deflate(Buffer.alloc(2e8))])),
      ),
    answer: 200,
  },
  {
    name: 'a PNG of 100,000 empty chunks',
    make: () => pngWith(...new Array<Buffer>(100_000).fill(pngChunk('teXt', Buffer.alloc(0)))),
    answer: 200,
  },
  {
    name: 'a progressive JPEG with 2,000 scans',
    async make() {
      const file = await encoded(plain(RED, 2000, 2000).jpeg({ progressive: true }));
      const last = file.lastIndexOf(Buffer.from([0xff, 0xda]));
      const scan = file.subarray(last, -2);
      return bytes(
        file.subarray(0, last),
        ...Array.from({ length: 2000 }, () => scan),
        [0xff, 0xd9],
      );
    },
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG of 45 megapixels that ends after its header',
    async make() {
      const file = await jpegFrame((frame) => {
        frame.writeUInt16BE(700, 5);
        frame.writeUInt16BE(65_000, 7);
      });
      return file.slice(0, 700);
    },
    answer: 'damaged-image',
  },
  { name: 'an animated GIF of 10,000 frames', make: gifBomb, answer: 'unsupported-format' },
  {
    name: 'an animated WebP of 200 frames',
    make: async () => bytes(await animated(200)),
    answer: 200,
  },
  {
    name: 'an animated WebP that claims 268 megapixels',
    async make() {
      const file = await animated(3);
      file.writeUIntLE(16_383, 24, 3);
      file.writeUIntLE(16_383, 27, 3);
      return bytes(file);
    },
    answer: 'too-many-pixels',
  },
  {
    name: 'an animated PNG that claims a thousand million frames',
    make: () => pngWith(pngChunk('acTL', Buffer.from([0x3b, 0x9a, 0xca, 0, 0, 0, 0, 0]))),
    answer: 200,
  },
  { name: 'SVG with entities', make: () => bytes(ENTITIES), answer: 'unsupported-format' },
  {
    name: 'SVG that asks for a file and for another host',
    make: () =>
      bytes(
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg" ' +
          'width="64" height="64"><image href="http://127.0.0.1:1/x.png"/><text>&x;</text></svg>',
      ),
    answer: 'unsupported-format',
  },
  {
    name: '5 MB of fill bytes before a marker',
    make: () => jpegWith(Buffer.alloc(5_000_000, 0xff)),
    answer: 200,
  },
];

const LIES: HostileFile[] = [
  {
    // libjpeg fills the rest with grey, and only warns of it, as it does of what phones write.
    name: 'a JPEG whose header says more rows than there are',
    make: () => jpegFrame((frame) => frame.writeUInt16BE(2000, 5)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG whose header says fewer rows than there are',
    make: () => jpegFrame((frame) => frame.writeUInt16BE(64, 5)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG of no rows',
    make: () => jpegFrame((frame) => frame.writeUInt16BE(0, 5)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG of 200 components',
    make: () => jpegFrame((frame) => frame.writeUInt8(200, 9)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG of 12 bits that has 8',
    make: () => jpegFrame((frame) => frame.writeUInt8(12, 4)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG that claims to be lossless',
    make: () => jpegFrame((frame) => frame.writeUInt8(0xc3, 1)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG with a segment of length 0',
    make: () => jpegWith(segment(0xee, Buffer.alloc(0), 0)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG with a segment of length 1',
    make: () => jpegWith(segment(0xee, Buffer.alloc(0), 1)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG with an empty segment',
    make: () => jpegWith(segment(0xee, Buffer.alloc(0))),
    answer: 200,
  },
  {
    name: 'a JPEG with a segment longer than the file',
    make: () => jpegWith(segment(0xee, Buffer.alloc(0), 65_535)),
    answer: 'damaged-image',
  },
  {
    name: 'a JPEG in a JPEG',
    async make() {
      const file = await jpeg();
      return bytes(file.subarray(0, 2), file, file);
    },
    answer: 'damaged-image',
  },
  {
    name: 'a PNG whose header has a wrong checksum',
    async make() {
      const file = await png();
      file[29]! ^= 1;
      return bytes(file);
    },
    answer: 'damaged-image',
  },
  {
    name: 'a PNG whose pixels have a wrong checksum',
    async make() {
      const file = await png();
      file[file.length - 14]! ^= 1;
      return bytes(file);
    },
    answer: 'damaged-image',
  },
  {
    name: 'a PNG with fewer rows than its header says',
    make: async () => greyPng(64, 64, [await greyRows(64, 40)]),
    answer: 'damaged-image',
  },
  {
    name: 'a PNG whose chunk says 2 GB',
    make: () => pngWith(Buffer.from('\x7f\xff\xff\xfftEXtabcd', 'latin1')),
    answer: 'damaged-image',
  },
  {
    name: 'a PNG of an empty IDAT',
    make: () => greyPng(64, 64, [Buffer.alloc(0)]),
    answer: 'damaged-image',
  },
  {
    name: 'a PNG in 3,000 pieces with empty ones between',
    async make() {
      const rows = await greyRows(64, 64);
      const pieces = Array.from({ length: 3000 }, (_, i) => rows.subarray(i, i + 1));
      return greyPng(64, 64, pieces);
    },
    answer: 200,
  },
  {
    name: 'a PNG of a palette without one',
    async make() {
      const file = await pngWith();
      const header = Buffer.from(file.slice(16, 29));
      header[9] = 3;
      return bytes(file.slice(0, 8), pngChunk('IHDR', header), file.slice(33));
    },
    answer: 'damaged-image',
  },
  {
    name: 'a WebP whose canvas is smaller than its frame',
    async make() {
      const file = await webp();
      return riff(vp8x(0, 64, 64), file.subarray(12));
    },
    answer: 'damaged-image',
  },
  {
    name: 'a WebP that says it is longer than it is',
    async make() {
      const file = await webp();
      file.writeUInt32LE(2 ** 32 - 2, 4);
      return bytes(file);
    },
    answer: 'damaged-image',
  },
  {
    name: 'a WebP of a chunk of 4 GB',
    make: () => riff(vp8x(0, 64, 64), riffChunk('JUNK', Buffer.alloc(4), 2 ** 32 - 1)),
    answer: 'damaged-image',
  },
  {
    name: 'a WebP without a picture',
    make: () => riff(vp8x(0, 64, 64), riffChunk('EXIF', Buffer.alloc(0))),
    answer: 'damaged-image',
  },
  {
    name: 'a WebP of a frame without bytes',
    make: () => riff(riffChunk('VP8 ', Buffer.alloc(0))),
    answer: 'damaged-image',
  },
];

const METADATA: HostileFile[] = [
  {
    name: 'EXIF data that says nothing but its length',
    make: () => jpegWith(exifSegment(Buffer.alloc(0))),
    answer: 200,
  },
  {
    name: 'EXIF with 65,535 entries that are not there',
    make: () => jpegWith(exifSegment(exif(0x0112, 3, 1, 6, 65_535))),
    answer: 200,
  },
  {
    name: 'EXIF with a directory that is its own successor',
    async make() {
      const data = exif(0x8769, 4, 1, 0);
      data.writeUInt32BE(8, 18);
      data.writeUInt32BE(8, 22);
      return jpegWith(exifSegment(data));
    },
    answer: 200,
  },
  {
    name: 'EXIF with a value of 4 GB',
    make: () => jpegWith(exifSegment(exif(0x927c, 7, 2 ** 32 - 1, 0xffff))),
    answer: 200,
  },
  {
    name: 'EXIF with an orientation of 65,535',
    make: () => jpegWith(exifSegment(exif(0x0112, 3, 1, 65_535))),
    answer: 200,
  },
  {
    name: '8 MB of EXIF',
    make: () =>
      jpegWith(
        ...Array.from({ length: 128 }, () =>
          exifSegment(Buffer.concat([exif(0x0112, 3, 1, 6), Buffer.alloc(65_000)])),
        ),
      ),
    answer: 200,
  },
  {
    name: '5 MB of EXIF in a PNG',
    make: () =>
      pngWith(pngChunk('eXIf', Buffer.concat([exif(0x0112, 3, 1, 3), Buffer.alloc(5_000_000)]))),
    answer: 200,
  },
  {
    name: 'a colour profile of 6 MB of zeros',
    make: () =>
      jpegWith(
        ...Array.from({ length: 100 }, (_, i) =>
          segment(
            0xe2,
            Buffer.concat([
              Buffer.from('ICC_PROFILE\0'),
              Buffer.from([i + 1, 100]),
              Buffer.alloc(60_000),
            ]),
          ),
        ),
      ),
    answer: 200,
  },
  {
    name: 'a colour profile whose parts are missing',
    make: () =>
      jpegWith(
        segment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([7, 9, 1, 2])])),
      ),
    answer: 'damaged-image',
  },
  {
    name: 'a colour profile of noise in a PNG',
    make: async () =>
      pngWith(
        pngChunk(
          'iCCP',
          Buffer.concat([Buffer.from('a\0\0'), await deflate(Buffer.from(ENTITIES.repeat(100)))]),
        ),
      ),
    answer: 200,
  },
  {
    name: 'a profile that says it is for Lab',
    async make() {
      const profiled = await encoded(plain(RED).withIccProfile('srgb').jpeg());
      const at = profiled.indexOf('RGB XYZ ');
      if (at < 0) throw new Error('the profile has no colour space');
      profiled.write('Lab Lab ', at, 'latin1');
      return bytes(profiled);
    },
    answer: 200,
  },
];

const COLOURS: HostileFile[] = [
  {
    name: 'CMYK',
    make: async () => bytes(await encoded(plain(RED).toColourspace('cmyk').jpeg())),
    answer: 200,
  },
  {
    name: 'YCCK, or what claims to be it',
    async make() {
      const file = await encoded(plain(RED).toColourspace('cmyk').jpeg());
      const at = file.indexOf('Adobe');
      if (at < 0) throw new Error('the JPEG has no Adobe segment');
      file[at + 11] = 2;
      return bytes(file);
    },
    answer: 200,
  },
  {
    name: '16 bits with alpha',
    make: async () =>
      bytes(await encoded(plain(RED).ensureAlpha(0.5).toColourspace('rgb16').png())),
    answer: 200,
  },
  {
    name: 'a palette',
    make: async () => bytes(await encoded(plain(RED).png({ palette: true, colours: 2 }))),
    answer: 200,
  },
  {
    name: 'grey with alpha',
    make: async () => bytes(await encoded(plain(RED).greyscale().ensureAlpha(0.5).png())),
    answer: 200,
  },
  {
    name: 'a Lab TIFF',
    make: async () => bytes(await encoded(plain(RED).toColourspace('lab').tiff())),
    answer: 'unsupported-format',
  },
];

const POLYGLOTS: HostileFile[] = [
  {
    name: 'a JPEG with a page as its comment and an archive behind it',
    async make() {
      const file = await jpegWith(segment(0xfe, Buffer.from('<script>alert(1)</script>')));
      return bytes(file, 'PK\x03\x04 and so on');
    },
    answer: 200,
  },
  {
    name: 'a GIF with a JPEG behind it',
    make: async () => bytes(gifBomb().slice(0, 100), await jpeg()),
    answer: 'unsupported-format',
  },
  {
    name: 'a PDF with a JPEG inside',
    make: async () => bytes('%PDF-1.7\n', await jpeg()),
    answer: 'unsupported-format',
  },
  {
    name: 'JPEG, then PNG',
    make: async () => bytes((await jpeg()).subarray(0, 4), await png()),
    answer: 'damaged-image',
  },
  {
    name: 'the signature of a PNG, then a JPEG',
    make: async () => bytes(PNG_SIGNATURE, await jpeg()),
    answer: 'damaged-image',
  },
  { name: 'a WebP in name only', make: () => bytes('RIFF\x04\0\0\0WEBP'), answer: 'damaged-image' },
  ...(
    [
      ['BMP', 'BM\x36\0\0\0\0\0\0\0'],
      ['TIFF', 'II*\0\x08\0\0\0'],
      ['JPEG XL', '\xff\x0a\x10\x20'],
      ['a video', '\0\0\0\x18ftypisom\0\0\x02\0isomiso2'],
      ['a program', '\x7fELF\x02\x01\x01'],
      ['WebAssembly', '\0asm\x01\0\0\0'],
      ['gzip', '\x1f\x8b\x08\0'],
      ['an archive', 'PK\x03\x04'],
      ['MATLAB', 'MATLAB 5.0 MAT-file'],
      ['PPM', 'P6\n64 64\n255\n'],
      ['a Radiance picture', '#?RADIANCE\n'],
      ['a page', '<!doctype html><img src=x onerror=alert(1)>'],
      ['one byte', '\xff'],
      ['the first bytes of a JPEG', '\xff\xd8'],
    ] as const
  ).map(([name, magic]) => ({
    name: `${name}, by its first bytes`,
    make: () => bytes(magic, Buffer.alloc(magic.length < 3 ? 0 : 2000)),
    answer: 'unsupported-format',
  })),
  {
    name: 'HEIC, by its first bytes',
    make: () => bytes('\0\0\0\x18ftypheic\0\0\0\0mif1heic', Buffer.alloc(2000)),
    answer: 'damaged-image',
  },
  {
    name: 'AVIF, by its first bytes',
    make: () => bytes('\0\0\0\x1cftypavif\0\0\0\0avifmif1', Buffer.alloc(2000)),
    answer: 'damaged-image',
  },
  { name: 'a JPEG of nothing', make: () => bytes('\xff\xd8\xff'), answer: 'damaged-image' },
];

/** Files that should do harm, but for those that do it by their size. */
export const ODD_FILES: readonly HostileFile[] = [...LIES, ...METADATA, ...COLOURS, ...POLYGLOTS];

/** Files that should do harm. */
export const HOSTILE_FILES: readonly HostileFile[] = [...BOMBS, ...ODD_FILES];

/** Sound files of each format, to cut and to damage. */
export async function soundFiles(): Promise<Record<'jpeg' | 'png' | 'webp', Bytes>> {
  const noise = () =>
    sharp({
      create: {
        width: 160,
        height: 120,
        channels: 3,
        background: '#888',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    });
  return {
    jpeg: bytes(await encoded(noise().jpeg({ progressive: true }))),
    png: bytes(await encoded(noise().png())),
    webp: bytes(await encoded(noise().webp())),
  };
}
