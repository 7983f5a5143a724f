import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResampler } from '@naevus/shared/image/resampler';
import {
  blockOtherLoaders,
  type DecodedImage,
  decodeWithSharp,
  loadReduction,
} from '@naevus/shared/image/sharp-decode';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRgb } from './decoded-images.ts';
import { adobeRgbProfile } from './fixtures/adobe-rgb-profile.ts';

const COLOUR = { r: 180, g: 90, b: 60 };
const GREY = 115;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decoded-images-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const plain = (alpha?: number) =>
  sharp({
    create: {
      width: 40,
      height: 30,
      channels: alpha === undefined ? 3 : 4,
      background: { ...COLOUR, alpha: alpha ?? 1 },
    },
  });
const fixture = (name: string) => readFile(new URL(`./fixtures/${name}`, import.meta.url));
const decode = (bytes: Uint8Array) => decodeWithSharp(sharp, bytes);
const jpeg = { quality: 100, chromaSubsampling: '4:4:4' } as const;

function pixel({ data, width }: DecodedImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function expectPixel(actual: number[], expected: number[], tolerance: number): void {
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  expect(difference, `${actual} for ${expected}`).toBeLessThanOrEqual(tolerance);
}

describe('colours', () => {
  const rgb = Object.values(COLOUR);
  const halfOnWhite = [217, 172, 157];
  const grey = [GREY, GREY, GREY];
  it.each<[string, () => Promise<Uint8Array>, number[], number]>([
    ['JPEG', () => plain().jpeg(jpeg).toBuffer(), rgb, 1],
    [
      'JPEG, progressive',
      () =>
        plain()
          .jpeg({ ...jpeg, progressive: true })
          .toBuffer(),
      rgb,
      1,
    ],
    ['JPEG, grey', () => plain().greyscale().jpeg().toBuffer(), grey, 1],
    ['JPEG, Display P3', () => plain().withIccProfile('p3').jpeg(jpeg).toBuffer(), rgb, 2],
    ['JPEG, Adobe RGB', () => adobeRgb().then((p) => p.jpeg(jpeg).toBuffer()), rgb, 2],
    [
      'JPEG, CMYK with profile',
      () => plain().toColourspace('cmyk').withIccProfile('cmyk').jpeg(jpeg).toBuffer(),
      rgb,
      26,
    ],
    // By the plain formula 255 (1 - c) (1 - k), which the profile's table meets within 2 levels; inverted or taken for
    // RGBA it would be far off.
    ['JPEG, CMYK as Adobe stores it', () => fixture('cmyk-adobe.jpg'), [163, 82, 61], 2],
    ['PNG', () => plain().png().toBuffer(), rgb, 0],
    ['PNG, 16 bits', () => plain().toColourspace('rgb16').png().toBuffer(), rgb, 0],
    ['PNG, 16 bits grey', () => plain().toColourspace('grey16').png().toBuffer(), grey, 1],
    ['PNG, Display P3', () => plain().withIccProfile('p3').png().toBuffer(), rgb, 1],
    [
      'PNG, 16 bits, Display P3',
      () => plain().toColourspace('rgb16').withIccProfile('p3').png().toBuffer(),
      rgb,
      1,
    ],
    ['PNG, Adobe RGB', () => adobeRgb().then((p) => p.png().toBuffer()), rgb, 1],
    ['PNG, palette', () => plain().png({ palette: true }).toBuffer(), rgb, 0],
    ['PNG, half transparent', () => plain(0.5).png().toBuffer(), halfOnWhite, 1],
    [
      'PNG, 16 bits half transparent',
      () => plain(0.5).toColourspace('rgb16').png().toBuffer(),
      halfOnWhite,
      1,
    ],
    ['PNG, fully transparent', () => plain(0).png().toBuffer(), [255, 255, 255], 0],
    ['PNG, grey half transparent', () => fixture('grey-alpha.png'), [177, 177, 177], 1],
    [
      'PNG, palette with a transparent colour',
      () => fixture('palette-transparent.png'),
      [255, 255, 255],
      0,
    ],
    ['PNG, one bit', () => fixture('one-bit.png'), [0, 0, 0], 0],
    ['WebP', () => plain().webp({ lossless: true }).toBuffer(), rgb, 0],
    ['WebP, lossy', () => plain().webp({ quality: 100 }).toBuffer(), rgb, 4],
    [
      'WebP, Display P3',
      () => plain().withIccProfile('p3').webp({ lossless: true }).toBuffer(),
      rgb,
      1,
    ],
    [
      'WebP, half transparent',
      () => plain(0.5).webp({ lossless: true }).toBuffer(),
      halfOnWhite,
      1,
    ],
  ])('%s', async (_, make, expected, tolerance) => {
    const image = await decode(await make());
    expect(image.data).toHaveLength(image.width * image.height * 3);
    expectPixel(pixel(image, 3, 3), expected, tolerance);
  });

  it('keeps what is opaque of a palette and of a bitmap', async () => {
    expect(pixel(await decode(await fixture('palette-transparent.png')), 20, 5)).toEqual(rgb);
    expect(pixel(await decode(await fixture('one-bit.png')), 20, 5)).toEqual([255, 255, 255]);
  });

  it('would be off if a profile were ignored', async () => {
    for (const file of [
      await plain().withIccProfile('p3').png().toBuffer(),
      await (await adobeRgb()).png().toBuffer(),
    ]) {
      const stored = await sharp(file, { ignoreIcc: true }).raw().toBuffer();
      expect(Math.abs(stored[0]! - COLOUR.r)).toBeGreaterThan(8);
    }
  });

  async function adobeRgb() {
    const profile = join(folder, 'adobe-rgb.icc');
    await writeFile(profile, adobeRgbProfile());
    return plain().withIccProfile(profile);
  }
});

describe('orientation', () => {
  // Corner colours of the picture as displayed: top left, top right, bottom left, bottom right.
  const corners = [
    [250, 0, 0],
    [0, 250, 0],
    [0, 0, 250],
    [250, 250, 0],
  ] as const;

  /** EXIF 2.32, section 4.6.4 A: where the stored picture's first row and first column are seen. */
  const firstRowAndColumn: Record<number, [row: Side, column: Side]> = {
    1: ['top', 'left'],
    2: ['top', 'right'],
    3: ['bottom', 'right'],
    4: ['bottom', 'left'],
    5: ['left', 'top'],
    6: ['right', 'top'],
    7: ['right', 'bottom'],
    8: ['left', 'bottom'],
  };
  type Side = 'top' | 'bottom' | 'left' | 'right';

  /** A picture stored in the given orientation that is displayed with the corners above. */
  function oriented(orientation: number, width: number, height: number): Sharp {
    const [rowSide, columnSide] = firstRowAndColumn[orientation]!;
    const upright = rowSide === 'top' || rowSide === 'bottom';
    const [columns, rows] = upright ? [width, height] : [height, width];
    const data = Buffer.alloc(rows * columns * 3);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const fromRow = rowSide === 'top' || rowSide === 'left' ? row : rows - 1 - row;
        const fromColumn =
          columnSide === 'top' || columnSide === 'left' ? column : columns - 1 - column;
        const [x, y] = upright ? [fromColumn, fromRow] : [fromRow, fromColumn];
        const corner = (x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2);
        data.set(corners[corner]!, (row * columns + column) * 3);
      }
    }
    return sharp(data, { raw: { width: columns, height: rows, channels: 3 } }).withMetadata({
      orientation,
    });
  }

  function expectCorners(image: DecodedImage): void {
    const [right, bottom] = [image.width - 3, image.height - 3];
    const found = [
      pixel(image, 2, 2),
      pixel(image, right, 2),
      pixel(image, 2, bottom),
      pixel(image, right, bottom),
    ];
    for (const [i, colour] of corners.entries()) expectPixel(found[i]!, [...colour], 6);
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is applied', async (orientation) => {
    const picture = oriented(orientation, 48, 32);
    for (const file of [
      picture.clone().jpeg(jpeg),
      picture.clone().png(),
      picture.clone().webp({ lossless: true }),
    ]) {
      const image = await decode(await file.toBuffer());
      expect([image.width, image.height]).toEqual([48, 32]);
      expect(image.displayed).toEqual({ width: 48, height: 32 });
      expectCorners(image);
    }
  });

  it.each([1, 5, 6])('%i is applied to a reduced JPEG', async (orientation) => {
    const image = await decode(await oriented(orientation, 1800, 1350).jpeg(jpeg).toBuffer());
    expect([image.width, image.height]).toEqual([600, 450]);
    expect(image.displayed).toEqual({ width: 1800, height: 1350 });
    expectCorners(image);
  });
});

describe('damaged files', () => {
  const photo = async () => {
    const noise = await sharp({
      create: {
        width: 200,
        height: 150,
        channels: 3,
        background: COLOUR,
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .png()
      .toBuffer();
    return sharp(noise);
  };
  const formats: [string, (p: Sharp) => Sharp][] = [
    ['JPEG', (p) => p.jpeg()],
    ['progressive JPEG', (p) => p.jpeg({ progressive: true })],
    ['PNG', (p) => p.png()],
    ['interlaced PNG', (p) => p.png({ progressive: true })],
    ['WebP', (p) => p.webp()],
    ['lossless WebP', (p) => p.webp({ lossless: true })],
  ];

  it.each(formats)('a %s that is cut off fails, however little is missing', async (_, write) => {
    const whole = await write(await photo()).toBuffer();
    await expect(decode(whole)).resolves.toBeDefined();
    // The last 12 bytes of a PNG are an empty chunk: all pixels are there.
    const lengths = [0.1, 0.5, 0.9, 0.99].map((share) => Math.floor(whole.length * share));
    for (const length of [...lengths, whole.length - 20]) {
      await expect(
        decode(whole.subarray(0, length)),
        `${length} of ${whole.length}`,
      ).rejects.toMatchObject({ code: 'damaged' });
    }
  });

  it('a large JPEG that is cut off fails, too', async () => {
    const whole = await sharp(await (await photo()).resize(1800, 1350).png().toBuffer())
      .jpeg()
      .toBuffer();
    await expect(decode(whole.subarray(0, whole.length - 200))).rejects.toMatchObject({
      code: 'damaged',
    });
  });

  it('bytes after the end do no harm', async () => {
    const whole = await (await photo()).jpeg().toBuffer();
    const { data } = await decode(Buffer.concat([whole, Buffer.alloc(50, 7)]));
    expect(Buffer.compare(data, (await decode(whole)).data)).toBe(0);
  });

  it('a JPEG that a phone ends its scan header wrongly in still decodes', async () => {
    const bytes = await (await photo()).jpeg().toBuffer();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    const end = scan + 2 + bytes.readUInt16BE(scan + 2);
    bytes[end - 2] = 0; // Se, 63 in a sequential JPEG: libjpeg warns of 'Invalid SOS parameters'.
    await expect(sharp(bytes, { failOn: 'warning' }).raw().toBuffer()).rejects.toThrow();
    await expect(decode(bytes)).resolves.toMatchObject({ width: 200, height: 150 });
  });

  it('more pixels than are allowed are refused by the header', async () => {
    const bytes = await (await photo()).png().toBuffer();
    await expect(decodeWithSharp(sharp, bytes, { maxPixels: 29_999 })).rejects.toMatchObject({
      code: 'too-many-pixels',
      width: 200,
      height: 150,
      maxPixels: 29_999,
    });
    await expect(decodeWithSharp(sharp, bytes, { maxPixels: 30_000 })).resolves.toBeDefined();
  });

  it.each<[string, () => Promise<Uint8Array>]>([
    ['GIF', () => plain().gif().toBuffer()],
    ['TIFF', () => plain().tiff().toBuffer()],
    [
      'SVG',
      async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['text', async () => Buffer.from('image_id,dx\n')],
    ['nothing', async () => new Uint8Array()],
  ])('%s is none of the formats', async (_, make) => {
    await expect(decode(await make())).rejects.toMatchObject({ code: 'unsupported-format' });
  });

  it('blocked loaders cannot be reached at all', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(sharp(svg).raw().toBuffer()).resolves.toBeDefined();
    const png = await plain().png().toBuffer();
    blockOtherLoaders(sharp);
    try {
      await expect(sharp(svg).raw().toBuffer()).rejects.toThrow(/unsupported/);
      for (const file of [png, await plain().jpeg().toBuffer(), await plain().webp().toBuffer()]) {
        await expect(decode(file)).resolves.toBeDefined();
      }
    } finally {
      sharp.unblock({ operation: ['VipsForeignLoad'] });
    }
  });
});

it('takes the first frame of an animation', async () => {
  const frame = (r: number) =>
    sharp({ create: { width: 20, height: 16, channels: 3, background: { r, g: 0, b: 0 } } })
      .png()
      .toBuffer();
  const animated = await sharp([await frame(200), await frame(20)], { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
  expect((await sharp(animated).metadata()).pages).toBe(2);
  const image = await decode(animated);
  expect([image.width, image.height]).toEqual([20, 16]);
  expect(pixel(image, 5, 5)).toEqual([200, 0, 0]);
});

describe('decodeRgb', () => {
  it('reads a file', async () => {
    const path = join(folder, 'plain.png');
    await plain().png().toFile(path);
    expect(await decodeRgb(path)).toMatchObject({ width: 40, height: 30 });
  });

  it('names a file that is not there', async () => {
    await expect(decodeRgb(join(folder, 'none.png'))).rejects.toThrow(/none\.png/);
  });
});

describe('reduction while loading', () => {
  it.each([
    ['jpeg', 600, 450, 1],
    ['jpeg', 1343, 5000, 1],
    ['jpeg', 1344, 5000, 3],
    ['jpeg', 3000, 2239, 3],
    ['jpeg', 3000, 2240, 5],
    ['jpeg', 4032, 3024, 5],
    ['jpeg', 8000, 4032, 9],
    ['png', 4032, 3024, 1],
    ['webp', 4032, 3024, 1],
  ] as const)('of a %s of %i x %i is %i', (format, width, height, by) => {
    expect(loadReduction({ format, width, height })).toBe(by);
  });

  it('changes the network input by no more than is said of it', async () => {
    const wasm = await readFile(new URL(import.meta.resolve('@naevus/shared/kernels.wasm')));
    const { resizeToInput } = createResampler(new WebAssembly.Module(wasm));
    for (const [width, height] of [
      [1792, 1344],
      [3024, 4032],
      [5376, 4032],
    ] as const) {
      const bytes = await hairySkin(width, height);
      const reduced = await decodeWithSharp(sharp, bytes);
      const full = await decodeWithSharp(sharp, bytes, { fullSize: true });
      expect(full.width).toBe(width);
      expect(reduced.width).toBeLessThan(width / 2);
      const [a, b] = [resizeToInput(reduced, 1), resizeToInput(full, 1)];
      const differences = a.map((value, i) => Math.abs(value - b[i]!));
      const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
      expect(mean).toBeLessThanOrEqual(0.4);
      expect(differences.reduce((x, y) => Math.max(x, y))).toBeLessThanOrEqual(12);
    }
  });

  /** Dark hairs, rings and a blotch: edges in every direction, sharp to the pixel. */
  async function hairySkin(width: number, height: number): Promise<Uint8Array> {
    const parts: string[] = [];
    for (let i = 0; i < 60; i++) {
      const at = (k: number) => ((i * 7919 + k * 104_729) % 1000) / 1000;
      const point = (k: number) => `${at(k) * width} ${at(k + 1) * height}`;
      parts.push(
        `<path d="M${point(1)} Q ${point(3)} ${point(5)}" stroke="#221" stroke-width="${2 + 8 * at(7)}" fill="none"/>`,
      );
      parts.push(
        `<circle cx="${at(8) * width}" cy="${at(9) * height}" r="${5 + 60 * at(10)}" stroke="#fed" stroke-width="3" fill="#853"/>`,
      );
    }
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#d9a890"/>${parts.join('')}</svg>`;
    return sharp(Buffer.from(svg)).flatten().jpeg({ quality: 92 }).toBuffer();
  }
});
