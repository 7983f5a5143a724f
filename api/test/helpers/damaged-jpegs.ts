import { spawnSync } from 'node:child_process';
import type { createRandom } from '@naevus/shared/statistics/random';
import sharp, { type JpegOptions } from 'sharp';

type Bytes = Uint8Array<ArrayBuffer>;
type Random = ReturnType<typeof createRandom>;

/** A way to encode a JPEG; undefined where its program is not installed. */
export type JpegEncoder = (image: Bytes) => Promise<Bytes | undefined>;

const withSharp =
  (options: JpegOptions, grey = false): JpegEncoder =>
  async (image) => {
    const picture = grey ? sharp(image).greyscale() : sharp(image);
    return new Uint8Array(await picture.jpeg(options).toBuffer());
  };

const withCommand =
  (command: string, ...args: readonly string[]): JpegEncoder =>
  async (image) => {
    const { data, info } = await sharp(image)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const head = Buffer.from(`P6\n${info.width} ${info.height}\n255\n`);
    const run = spawnSync(command, args, { input: Buffer.concat([head, data]) });
    if (run.error !== undefined) return undefined;
    if (run.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr}`);
    return new Uint8Array(run.stdout);
  };

const withPillow = (options: string): JpegEncoder =>
  withCommand(
    'python3',
    '-c',
    `import sys
try: from PIL import Image
except ImportError: sys.exit(0)
Image.open(sys.stdin.buffer).save(sys.stdout.buffer, "JPEG", ${options})`,
  );

/** Those of sharp (MozJPEG), which are always there. */
export const SHARP_ENCODERS: Readonly<Record<string, JpegEncoder>> = {
  'sharp 4:2:0': withSharp({ quality: 85 }),
  'sharp 4:4:4': withSharp({ quality: 95, chromaSubsampling: '4:4:4' }),
  'sharp progressive': withSharp({ quality: 80, progressive: true }),
  'sharp with own codes': withSharp({ quality: 75, optimiseCoding: true }),
  'sharp all but lossless': withSharp({ quality: 100 }),
  'sharp coarse': withSharp({ quality: 5 }),
  MozJPEG: withSharp({ quality: 75, mozjpeg: true }),
  'sharp grey': withSharp({ quality: 85 }, true),
};

/** Those of other programs, where they are installed. */
export const OTHER_ENCODERS: Readonly<Record<string, JpegEncoder>> = {
  cjpeg: withCommand('cjpeg'),
  'cjpeg 4:4:0': withCommand('cjpeg', '-sample', '1x2'),
  'cjpeg 4:1:1': withCommand('cjpeg', '-sample', '4x1'),
  'cjpeg, a restart a row': withCommand('cjpeg', '-restart', '1'),
  'cjpeg, a restart a block': withCommand('cjpeg', '-restart', '1B'),
  'cjpeg progressive': withCommand('cjpeg', '-progressive', '-sample', '1x1'),
  'cjpeg arithmetic': withCommand('cjpeg', '-arithmetic'),
  'cjpeg arithmetic, progressive': withCommand('cjpeg', '-arithmetic', '-progressive'),
  'cjpeg RGB': withCommand('cjpeg', '-rgb'),
  'cjpeg fast': withCommand('cjpeg', '-dct', 'fast', '-quality', '92'),
  'cjpeg grey, progressive': withCommand('cjpeg', '-grayscale', '-progressive'),
  ImageMagick: withCommand('convert', 'ppm:-', '-quality', '88', 'jpg:-'),
  'ImageMagick 4:2:0': withCommand('convert', 'ppm:-', '-sampling-factor', '4:2:0', 'jpg:-'),
  'ImageMagick progressive': withCommand('convert', 'ppm:-', '-interlace', 'JPEG', 'jpg:-'),
  Pillow: withPillow('quality=75'),
  'Pillow 4:2:2': withPillow('quality=85, subsampling=1'),
  'Pillow progressive, restarts': withPillow('quality=80, progressive=True, restart_marker_rows=1'),
};

/** Where the data of the first scan begin. */
function dataOf(file: Bytes): number {
  const at = Buffer.from(file).indexOf(Buffer.of(0xff, 0xda));
  return at + 2 + (file[at + 2]! << 8) + file[at + 3]!;
}

const text = (file: Bytes) => Buffer.from(file).toString('latin1');
const bytes = (content: string): Bytes => new Uint8Array(Buffer.from(content, 'latin1'));
const joined = (...parts: readonly Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts));

/** A place in the data with `room` bytes behind it. */
function place(file: Bytes, room: number, random: Random): number {
  const first = dataOf(file);
  return first + Math.floor(random.next() * Math.max(1, file.length - 2 - room - first));
}

const bits =
  (count: number) =>
  (file: Bytes, random: Random): Bytes => {
    const changed = file.slice();
    for (let i = 0; i < count; i++) {
      changed[place(file, 1, random)]! ^= 1 << Math.floor(8 * random.next());
    }
    return changed;
  };

const lost =
  (count: number) =>
  (file: Bytes, random: Random): Bytes => {
    const at = place(file, count, random);
    return joined(file.subarray(0, at), file.subarray(at + count));
  };

/** What happens to files on their way. */
export const DAMAGES: Readonly<Record<string, (file: Bytes, random: Random) => Bytes>> = {
  'LF to CR LF': (file) => bytes(text(file).replaceAll('\n', '\r\n')),
  'CR to LF': (file) => bytes(text(file).replaceAll('\r', '\n')),
  'eighth bits lost': (file) => file.map((byte) => byte & 0x7f),
  '1 bit changed': bits(1),
  '3 bits changed': bits(3),
  '20 bits changed': bits(20),
  '1 byte lost': lost(1),
  '1 KiB lost': lost(1024),
  '4 KiB lost': lost(4096),
  '512 bytes of zeros': (file, random) => {
    const at = place(file, 512, random);
    return joined(file.subarray(0, at), Buffer.alloc(512), file.subarray(at + 512));
  },
  '1 KiB twice': (file, random) => {
    const at = place(file, 1024, random);
    return joined(file.subarray(0, at + 1024), file.subarray(at));
  },
  'two sectors exchanged': (file, random) => {
    const at = Math.max(dataOf(file), place(file, 1024, random) & ~511);
    const [first, second] = [file.subarray(at, at + 512), file.subarray(at + 512, at + 1024)];
    return joined(file.subarray(0, at), second, first, file.subarray(at + 1024));
  },
  'cut off': (file) => file.slice(0, Math.floor(0.8 * file.length)),
  'cut off, and ended': (file) =>
    joined(file.subarray(0, Math.floor(0.8 * file.length)), Buffer.of(0xff, 0xd9)),
};
