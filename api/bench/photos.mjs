import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './candidates.mjs';

const EXAMPLES = ['ISIC_0024666', 'ISIC_0025108', 'ISIC_0025751'].map((name) =>
  join(REPOSITORY, `api/src/http/page/examples/${name}.jpg`),
);
const SIZES = { '600x450': [600, 450], '12 MP': [4000, 3000] };

const FOLDER = join(REPOSITORY, 'api/.cache/bench/photos');

/** What a camera adds: without it, an enlarged picture is a much smaller file than a photo of its size. */
const GRAIN = 4;

/**
 * The example pictures of the demo page at the sizes that are measured, as JPEG files of quality 90.
 *
 * @returns {Promise<Record<string, { files: string[] }>>} the first of each size is what is measured
 */
export async function makePhotos() {
  mkdirSync(FOLDER, { recursive: true });
  const photos = {};
  for (const [name, [width, height]] of Object.entries(SIZES)) {
    const files = [];
    for (const [index, example] of EXAMPLES.entries()) {
      const file = join(FOLDER, `${width}x${height}-${index}.jpg`);
      if (!existsSync(file)) await enlarge(example, width, height, file);
      files.push(file);
    }
    photos[name] = { files, bytes: files.map((file) => readFileSync(file)) };
  }
  return photos;
}

/**
 * A picture as large as a server takes it, in each format, as files that fill a body. The shapes are those that take
 * most memory: a JPEG whose shorter side is below 1344 pixels is not reduced while it is decoded.
 *
 * @param {{ max_pixels: number, max_body_bytes: number }} limits of GET /model
 * @returns {Promise<{ name: string, width: number, height: number, bytes: Uint8Array }[]>}
 */
export async function makeLargestPictures({ max_pixels, max_body_bytes }) {
  const { default: sharp } = await import('sharp');
  mkdirSync(FOLDER, { recursive: true });
  const side = Math.floor(Math.sqrt(max_pixels));
  const square = { width: side, height: side };
  const kinds = [
    ['JPEG', square, (picture) => picture.jpeg({ quality: 85 })],
    ['JPEG, long', { width: 1343, height: 6000 }, (picture) => picture.jpeg({ quality: 85 })],
    ['JPEG, progressive', square, (picture) => picture.jpeg({ quality: 85, progressive: true })],
    ['PNG', square, (picture) => picture.png({ compressionLevel: 1 })],
    ['WebP', square, (picture) => picture.webp({ effort: 0 })],
    ['WebP, lossless', square, (picture) => picture.webp({ effort: 0, lossless: true })],
  ];
  const pictures = [];
  for (const [name, { width, height }, encode] of kinds) {
    const file = join(FOLDER, `largest-${name.replaceAll(/\W+/g, '-')}-${width}x${height}`);
    if (!existsSync(file)) {
      const picture = sharp(EXAMPLES[0]).resize(width, height, { fit: 'fill', kernel: 'nearest' });
      await encode(picture).toFile(file);
    }
    // What comes after the picture's end is carried, and not read.
    const bytes = new Uint8Array(max_body_bytes);
    bytes.set(readFileSync(file));
    pictures.push({ name, width, height, bytes });
  }
  return pictures;
}

async function enlarge(example, width, height, file) {
  const { default: sharp } = await import('sharp');
  const grain = {
    width,
    height,
    channels: 3,
    noise: { type: 'gaussian', mean: 128, sigma: GRAIN },
  };
  const noise = await sharp({ create: { ...grain, background: '#000' } })
    .raw()
    .toBuffer();
  const { data, info } = await sharp(example)
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.max(0, Math.min(255, data[i] + noise[i] - 128));
  }
  const raw = { width, height, channels: info.channels };
  await sharp(data, { raw }).jpeg({ quality: 90 }).toFile(file);
}
