import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { exifWithOrientation } from './exif-test-data.ts';
import { displayedSize, type ImageFormat, type ImageHeader } from './image-header.ts';
import {
  DamagedImageError,
  isImageHeaderError,
  UnsupportedFormatError,
} from './image-header-error.ts';
import { readImageHeader } from './read-image-header.ts';

const WIDTH = 61;
const HEIGHT = 37;
const FORMATS: readonly ImageFormat[] = ['jpeg', 'png', 'webp'];
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** An image with some detail, so that files have a body. */
const noise = (channels: 3 | 4) => {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * channels }, (_, i) => (i * 89) & 255);
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
};

const bytesOf = (text: string) => Buffer.from(text, 'latin1');

function damage(bytes: Uint8Array): string {
  try {
    readImageHeader(bytes);
  } catch (error) {
    if (error instanceof DamagedImageError) return error.message;
    throw error;
  }
  throw new Error('the header was read');
}

/** Some 10 times what 10 MiB take; a walk that looks at them again and again takes minutes. */
const MOST_CPU_MS = 1000;

/** Since `start`: how busy the machine is does not count. */
function cpuMs(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe('what sharp writes', () => {
  it.each(FORMATS)('%s: size and all eight orientations', async (format) => {
    for (const orientation of ORIENTATIONS) {
      const file = await noise(3).withMetadata({ orientation }).toFormat(format).toBuffer();
      expect(readImageHeader(file)).toMatchObject({
        format,
        width: WIDTH,
        height: HEIGHT,
        orientation,
        animated: false,
        bitDepth: 8,
        channels: 3,
        iccProfile: true,
      });
    }
  });

  it.each(FORMATS)('%s without metadata', async (format) => {
    const file = await noise(3).toFormat(format).toBuffer();
    expect(readImageHeader(file)).toMatchObject({ orientation: 1, iccProfile: false });
  });

  it.each<[string, () => Sharp, Partial<ImageHeader>]>([
    ['a progressive JPEG', () => noise(3).jpeg({ progressive: true }), { channels: 3 }],
    ['a grey JPEG', () => noise(3).toColourspace('b-w').jpeg(), { channels: 1 }],
    ['a CMYK JPEG', () => noise(3).toColourspace('cmyk').jpeg(), { channels: 4 }],
    ['a 16-bit PNG', () => noise(3).toColourspace('rgb16').png(), { bitDepth: 16, channels: 3 }],
    ['a PNG with alpha', () => noise(4).png(), { bitDepth: 8, channels: 4 }],
    ['a grey PNG', () => noise(3).toColourspace('b-w').png(), { bitDepth: 8, channels: 1 }],
    [
      'a palette PNG',
      () => noise(3).png({ palette: true, colours: 4 }),
      { bitDepth: 2, channels: 3 },
    ],
    [
      'a palette PNG with alpha',
      () => noise(4).png({ palette: true }),
      { bitDepth: 8, channels: 4 },
    ],
    ['an interlaced PNG', () => noise(3).png({ progressive: true }), { channels: 3 }],
    ['a lossless WebP', () => noise(3).webp({ lossless: true }), { channels: 3 }],
    ['a lossless WebP with alpha', () => noise(4).webp({ lossless: true }), { channels: 4 }],
    ['a lossy WebP with alpha', () => noise(4).webp(), { channels: 4 }],
  ])('%s', async (_, image, expected) => {
    const header = readImageHeader(await image().toBuffer());
    expect(header).toMatchObject({ width: WIDTH, height: HEIGHT, animated: false, ...expected });
  });

  it('an animated WebP has the size of its canvas', async () => {
    const data = new Uint8Array(20 * 60 * 3).map((_, i) => i & 255);
    const frames = sharp(data, { raw: { width: 20, height: 60, channels: 3, pageHeight: 30 } });
    const file = await frames.webp({ loop: 0, delay: [100, 100] }).toBuffer();
    expect(readImageHeader(file)).toMatchObject({ width: 20, height: 30, animated: true });
  });
});

describe('displayedSize', () => {
  it.each(FORMATS)('is what sharp shows of a %s', async (format) => {
    for (const orientation of ORIENTATIONS) {
      const file = await noise(3).withMetadata({ orientation }).toFormat(format).toBuffer();
      const { info } = await sharp(file, { autoOrient: true }).toBuffer({
        resolveWithObject: true,
      });
      expect(displayedSize(readImageHeader(file))).toEqual({
        width: info.width,
        height: info.height,
      });
    }
  });
});

describe('hostile bytes', () => {
  let files: Buffer[];
  beforeAll(async () => {
    const withExif = (channels: 3 | 4) => noise(channels).withMetadata({ orientation: 6 });
    files = await Promise.all([
      withExif(3).jpeg({ progressive: true }).toBuffer(),
      withExif(4).png({ palette: true }).toBuffer(),
      withExif(4).webp().toBuffer(),
      noise(3).webp().toBuffer(),
      noise(3).webp({ lossless: true }).toBuffer(),
    ]);
  });

  /** Whatever comes must be a header that says something possible, or one of the two errors. */
  function readOrRefuse(bytes: Uint8Array): ImageHeader | undefined {
    try {
      const header = readImageHeader(bytes);
      expect(header.width).toBeGreaterThan(0);
      expect(header.height).toBeGreaterThan(0);
      expect(ORIENTATIONS).toContain(header.orientation);
      return header;
    } catch (error) {
      if (!isImageHeaderError(error)) throw error;
      return undefined;
    }
  }

  it('a file cut off at any length is refused, or its header is whole and the same', () => {
    for (const file of files) {
      const whole = readImageHeader(file);
      let shortestRead = 0;
      for (let length = file.length - 1; length >= 12; length--) {
        const header = readOrRefuse(file.subarray(0, length));
        if (header !== undefined) {
          expect(header).toEqual(whole);
          shortestRead = length;
        } else {
          expect(() => readImageHeader(file.subarray(0, length))).toThrow(DamagedImageError);
          // Once something is missing, it is missing in everything shorter.
          if (shortestRead > 0) expect(length).toBeLessThan(shortestRead);
        }
      }
      for (let length = 0; length < 12; length++) {
        expect(readOrRefuse(file.subarray(0, length))).toBeUndefined();
      }
    }
  });

  it('a WebP file that is cut off anywhere is refused: EXIF lies at its end', () => {
    for (const file of files.slice(2)) {
      expect(damage(file.subarray(0, file.length - 1))).toMatch(
        new RegExp(`WEBP file is damaged: cut off: ${file.length - 1} bytes of ${file.length}`),
      );
    }
  });

  it('a file with a byte changed is read or refused', () => {
    for (const file of files) {
      const length = Math.min(file.length, 700);
      for (let i = 0; i < length; i++) {
        const changed = Buffer.from(file);
        for (const value of [0x00, 0x01, 0x7f, 0xff]) {
          changed[i] = value;
          readOrRefuse(changed);
        }
      }
    }
  });

  it('random bytes behind every signature are read or refused', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
    const signatures = [
      bytesOf(''),
      bytesOf('\xff\xd8\xff'),
      bytesOf('\xff\xd8\xff\xe1\0\x20Exif\0\0MM\0*'),
      bytesOf('\xff\xd8\xff\xc0\0\x11'),
      bytesOf('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
      bytesOf('RIFF\x20\0\0\0WEBPVP8 '),
      bytesOf('RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0\x2f'),
      bytesOf('RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\xff'),
    ];
    for (const signature of signatures) {
      for (let round = 0; round < 1000; round++) {
        const tail = Uint8Array.from({ length: random() }, random);
        readOrRefuse(Buffer.concat([signature, tail]));
      }
    }
  });

  it.each([
    ['fill bytes', () => Buffer.alloc(10 * 2 ** 20, 0xff)],
    ['stuffed zeros', () => Buffer.alloc(10 * 2 ** 20, bytesOf('\xff\0'))],
    ['no markers', () => Buffer.alloc(10 * 2 ** 20, 0x20)],
    ['smallest segments', () => Buffer.alloc(10 * 2 ** 20, bytesOf('\xff\xfe\0\x02'))],
    ['EXIF segments', () => Buffer.alloc(10 * 2 ** 20, bytesOf('\xff\xe1\0\x0aExif\0\0II'))],
  ])('10 MiB of a JPEG with %s are walked once', (_, body) => {
    const file = Buffer.concat([bytesOf('\xff\xd8\xff\xfe\0\x02'), body()]);
    const start = process.cpuUsage();
    expect(damage(file)).toMatch(/cut off/);
    expect(cpuMs(start)).toBeLessThan(MOST_CPU_MS);
  });

  it('10 MiB of empty PNG and WebP chunks are walked once', () => {
    const start = process.cpuUsage();
    const ihdr = pngChunk('IHDR', bytesOf('\0\0\0\x20\0\0\0\x20\x08\x02\0\0\0'));
    const chunks = Buffer.alloc(10 * 2 ** 20, pngChunk('teXt', Buffer.alloc(0)));
    expect(damage(Buffer.concat([bytesOf('\x89PNG\r\n\x1a\n'), ihdr, chunks]))).toMatch(/cut off/);

    const size = Buffer.alloc(4);
    size.writeUInt32LE(4 + 18 + 8 * 2 ** 20);
    const canvas = bytesOf('WEBPVP8X\x0a\0\0\0\0\0\0\0\x1f\0\0\x1f\0\0');
    const empty = Buffer.alloc(8 * 2 ** 20, bytesOf('JUNK\0\0\0\0'));
    expect(damage(Buffer.concat([bytesOf('RIFF'), size, canvas, empty]))).toMatch(/no image data/);
    expect(cpuMs(start)).toBeLessThan(MOST_CPU_MS);
  });
});

describe('JPEG', () => {
  let plain: Buffer;
  beforeAll(async () => {
    plain = await noise(3).jpeg().toBuffer();
  });

  const afterStart = (...segments: Uint8Array[]) =>
    Buffer.concat([plain.subarray(0, 2), ...segments, plain.subarray(2)]);

  function segment(marker: number, body: Uint8Array): Buffer {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([head, body]);
  }
  const exif = (value: number, littleEndian = true) =>
    segment(
      0xe1,
      Buffer.concat([bytesOf('Exif\0\0'), exifWithOrientation({ value, littleEndian })]),
    );
  const frame = (marker: number, height = 40, width = 50) =>
    segment(
      marker,
      Buffer.from([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    );
  const scan = segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0]));
  const jpeg = (...segments: Uint8Array[]) => Buffer.concat([bytesOf('\xff\xd8'), ...segments]);

  it.each([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf])(
    'reads the frame of SOF %i',
    (marker) => {
      expect(readImageHeader(jpeg(frame(marker), scan))).toMatchObject({ width: 50, height: 40 });
    },
  );

  it.each([0xc4, 0xc8, 0xcc])('takes marker %i for no frame', (marker) => {
    expect(damage(jpeg(frame(marker), scan))).toMatch(/scan without a frame header/);
  });

  it('reads EXIF in either byte order, before or after the frame, the first one of several', async () => {
    const scanStart = plain.indexOf(bytesOf('\xff\xda'));
    const late = [plain.subarray(0, scanStart), exif(8), plain.subarray(scanStart)];
    for (const [file, orientation] of [
      [afterStart(exif(6, true)), 6],
      [afterStart(exif(6, false)), 6],
      [Buffer.concat(late), 8],
      [afterStart(exif(3), exif(6)), 3],
      [afterStart(segment(0xe1, bytesOf('http://ns.adobe.com/xap/1.0/\0<x/>')), exif(5)), 5],
      [afterStart(exif(9)), 1],
    ] as const) {
      expect(readImageHeader(file).orientation).toBe(orientation);
      // A decoder that thought otherwise would turn the image another way than we say.
      expect((await sharp(file).metadata()).orientation ?? 1).toBe(orientation);
    }
  });

  it('passes fill bytes, restart markers and bytes between segments, as libjpeg does', () => {
    const padding = bytesOf('\xff\xff\xff\xd0\xff\x01\x12\x34\xff\0\xff');
    expect(readImageHeader(afterStart(bytesOf('\xff\xfe\0\x02'), padding))).toMatchObject({
      width: WIDTH,
      height: HEIGHT,
    });
  });

  it.each([
    ['a size of 0', () => jpeg(frame(0xc0, 0, 50), scan), /frame of 50x0 pixels/],
    ['two frames', () => jpeg(frame(0xc0), frame(0xc0, 9, 9), scan), /second frame header/],
    ['two starts', () => jpeg(frame(0xc0), bytesOf('\xff\xd8'), scan), /second start of image/],
    ['an end before the scan', () => jpeg(frame(0xc0), bytesOf('\xff\xd9')), /ends before/],
    ['no frame', () => jpeg(segment(0xe0, bytesOf('JFIF')), scan), /without a frame/],
    ['a segment of length 1', () => jpeg(bytesOf('\xff\xe0\0\x01')), /segment of length 1/],
    ['a frame too short', () => jpeg(segment(0xc0, bytesOf('\x08\0')), scan), /header of length 4/],
    [
      'a frame with missing components',
      () => jpeg(segment(0xc0, bytesOf('\x08\0\x28\0\x32\x03\x01\x11\0')), scan),
      /length 11 with 3 components/,
    ],
    ['nothing else', () => bytesOf('\xff\xd8\xff'), /cut off after 3 bytes/],
  ])('refuses %s', (_, file, message) => {
    expect(damage(file())).toMatch(message);
  });
});

function pngChunk(type: string, data: Uint8Array): Buffer {
  const typeAndData = Buffer.concat([bytesOf(type), data]);
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length);
  typeAndData.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typeAndData), data.length + 8);
  return chunk;
}

describe('PNG', () => {
  const signature = bytesOf('\x89PNG\r\n\x1a\n');
  const ihdr = ({ width = 50, height = 40, bitDepth = 8, colourType = 2 } = {}) => {
    const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, bitDepth, colourType, 0, 0, 0]);
    data.writeUInt32BE(width, 0);
    data.writeUInt32BE(height, 4);
    return pngChunk('IHDR', data);
  };
  const idat = pngChunk('IDAT', new Uint8Array(10));
  const exif = (value: number) =>
    pngChunk('eXIf', exifWithOrientation({ value, littleEndian: false }));
  const png = (...chunks: Uint8Array[]) => Buffer.concat([signature, ...chunks]);

  it('reads a size of 30,000 x 30,000 without decoding', () => {
    const header = readImageHeader(png(ihdr({ width: 30_000, height: 30_000 }), idat));
    expect(header).toMatchObject({ width: 30_000, height: 30_000 });
  });

  it('reads eXIf before the image data, the first one of several', () => {
    expect(readImageHeader(png(ihdr(), exif(7), exif(3), idat)).orientation).toBe(7);
    // libvips does not look behind the image data either.
    expect(readImageHeader(png(ihdr(), idat, exif(7))).orientation).toBe(1);
  });

  it('tells an animated file', () => {
    const animation = pngChunk('acTL', new Uint8Array(8));
    expect(readImageHeader(png(ihdr(), animation, idat)).animated).toBe(true);
  });

  it.each([
    ['its signature sent as text', () => bytesOf('\x89PNG\n\x1a\n\0\0\0\rIHDR'), /sent as text/],
    ['no IHDR', () => png(idat), /does not begin with an IHDR/],
    ['a width of 0', () => png(ihdr({ width: 0 }), idat), /impossible size of 0x40/],
    ['a height of 0', () => png(ihdr({ height: 0 }), idat), /impossible size of 50x0/],
    ['a width of 2^31', () => png(ihdr({ width: 2 ** 31 }), idat), /impossible size/],
    ['a colour type of 5', () => png(ihdr({ colourType: 5 }), idat), /colour type 5/],
    ['a bit depth of 4 for RGB', () => png(ihdr({ bitDepth: 4 }), idat), /with bit depth 4/],
    ['no image data', () => png(ihdr(), pngChunk('IEND', new Uint8Array(0))), /no image data/],
    ['a chunk of 4 GB', () => png(ihdr(), bytesOf('\xff\xff\xff\xfftEXt')), /length 4294967295/],
    ['a chunk past the end', () => png(ihdr(), bytesOf('\0\0\x01\0tEXt'), idat), /cut off/],
  ])('refuses %s', (_, file, message) => {
    expect(damage(file())).toMatch(message);
  });

  it('refuses an IHDR with any bit changed', () => {
    const file = png(ihdr(), idat);
    for (let bit = 0; bit < 17 * 8; bit++) {
      const changed = Buffer.from(file);
      changed[12 + (bit >> 3)]! ^= 1 << (bit & 7);
      expect(damage(changed)).toMatch(/checksum|IHDR/);
    }
  });
});

describe('WebP', () => {
  function chunk(type: string, data: Uint8Array): Buffer {
    const head = Buffer.alloc(8);
    head.write(type, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length & 1)]);
  }
  function webp(...chunks: Uint8Array[]): Buffer {
    const body = Buffer.concat([bytesOf('WEBP'), ...chunks]);
    const head = bytesOf('RIFF\0\0\0\0');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  }
  const lossy = (width: number, height: number, firstByte = 0x10) =>
    chunk(
      'VP8 ',
      Buffer.from([
        firstByte,
        0,
        0,
        0x9d,
        0x01,
        0x2a,
        width & 255,
        width >> 8,
        height & 255,
        height >> 8,
      ]),
    );
  const lossless = (width: number, height: number, version = 0) => {
    const data = Buffer.from([0x2f, 0, 0, 0, 0]);
    data.writeUInt32LE(((width - 1) | ((height - 1) << 14) | (version << 29)) >>> 0, 1);
    return chunk('VP8L', data);
  };
  const canvas = (flags: number, width: number, height: number) => {
    const data = Buffer.alloc(10);
    data[0] = flags;
    data.writeUIntLE(width - 1, 4, 3);
    data.writeUIntLE(height - 1, 7, 3);
    return chunk('VP8X', data);
  };
  const exif = (value: number, prefix = '') =>
    chunk(
      'EXIF',
      Buffer.concat([bytesOf(prefix), exifWithOrientation({ value, littleEndian: true })]),
    );
  const EXIF = 0x08;
  const ANIMATION = 0x02;

  it.each([
    [webp(lossy(300, 200)), 300, 200],
    [webp(lossy(16383, 1)), 16383, 1],
    [webp(lossy(0x4000 | 50, 0xc000 | 40)), 50, 40],
    [webp(lossless(16384, 16384)), 16384, 16384],
    [webp(lossless(1, 5000)), 1, 5000],
    [webp(canvas(0, 300, 200), chunk('ALPH', new Uint8Array(3)), lossy(300, 200)), 300, 200],
    [webp(canvas(ANIMATION, 2 ** 24, 70_000), chunk('ANMF', new Uint8Array(16))), 2 ** 24, 70_000],
  ])('reads sizes: %#', (file, width, height) => {
    expect(readImageHeader(file)).toMatchObject({ width, height });
  });

  it('reads EXIF after the image data where the canvas says that there is one', () => {
    const size = [60, 30] as const;
    expect(readImageHeader(webp(canvas(EXIF, ...size), lossy(...size), exif(6))).orientation).toBe(
      6,
    );
    expect(
      readImageHeader(webp(canvas(EXIF, ...size), lossy(...size), exif(6, 'Exif\0\0'))).orientation,
    ).toBe(6);
    expect(readImageHeader(webp(canvas(0, ...size), lossy(...size), exif(6))).orientation).toBe(1);
    const behind = Buffer.concat([webp(canvas(EXIF, ...size), lossy(...size)), exif(6)]);
    expect(readImageHeader(behind).orientation).toBe(1);
  });

  it.each([
    [
      'a frame larger than the canvas',
      () => webp(canvas(0, 60, 30), lossy(9000, 9000)),
      /60x30 with a frame of 9000x9000/,
    ],
    ['a canvas alone', () => webp(canvas(0, 60, 30)), /no image data/],
    [
      'an animation without frames',
      () => webp(canvas(ANIMATION, 60, 30), lossy(60, 30)),
      /no image data/,
    ],
    ['a width of 0', () => webp(lossy(0, 30)), /frame of 0x30/],
    ['an inter frame', () => webp(lossy(60, 30, 0x11)), /key frame/],
    ['version 1 of lossless', () => webp(lossless(60, 30, 1)), /VP8L version 1/],
    ['a wrong lossless signature', () => webp(chunk('VP8L', new Uint8Array(5))), /wrong signature/],
    ['a short canvas', () => webp(chunk('VP8X', new Uint8Array(8))), /VP8X chunk is too short/],
    ['an unknown first chunk', () => webp(chunk('JUNK', new Uint8Array(8))), /none of VP8/],
    [
      'a chunk past the end',
      () => webp(canvas(0, 60, 30), bytesOf('EXIF\xff\xff\xff\xff')),
      /cut off/,
    ],
    ['no chunk', () => webp(), /cut off/],
  ])('refuses %s', (_, file, message) => {
    expect(damage(file())).toMatch(message);
  });
});

describe('other formats', () => {
  it('are refused with a guess, and what is read', () => {
    expect(() => readImageHeader(bytesOf('GIF89a'))).toThrow(UnsupportedFormatError);
    expect(() => readImageHeader(bytesOf('GIF89a'))).toThrow(
      'the first bytes look like GIF; JPEG, PNG and WebP are read',
    );
    expect(() => readImageHeader(new Uint8Array(0))).toThrow(/nothing \(no bytes\)/);
    expect(() => readImageHeader(bytesOf('\x01\x02\x03'))).toThrow(/of no known image format/);
    expect(() => readImageHeader(bytesOf('RIFF\x04\0\0\0AVI '))).toThrow(/a video or sound/);
  });

  it.each(['gif', 'tiff', 'avif'] as const)('%s files by sharp', async (format) => {
    const file = await noise(3).toFormat(format).toBuffer();
    expect(() => readImageHeader(file)).toThrow(new RegExp(format, 'i'));
  });
});
