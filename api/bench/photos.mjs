import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './candidates.mjs';

const EXAMPLES = ['ISIC_0024666', 'ISIC_0025108', 'ISIC_0025751'].map((name) =>
  join(REPOSITORY, `api/src/page/examples/${name}.jpg`),
);
const SIZES = { '600x450': [600, 450], '12 MP': [4000, 3000] };

/** What a camera adds: without it, an enlarged picture is a much smaller file than a photo of its size. */
const GRAIN = 4;

/**
 * The example pictures of the demo page at the sizes that are measured, as JPEG files of quality 90.
 *
 * @returns {Promise<Record<string, { files: string[] }>>} the first of each size is what is measured
 */
export async function makePhotos() {
  const folder = join(REPOSITORY, 'api/.cache/bench/photos');
  mkdirSync(folder, { recursive: true });
  const photos = {};
  for (const [name, [width, height]] of Object.entries(SIZES)) {
    const files = [];
    for (const [index, example] of EXAMPLES.entries()) {
      const file = join(folder, `${width}x${height}-${index}.jpg`);
      if (!existsSync(file)) await enlarge(example, width, height, file);
      files.push(file);
    }
    photos[name] = { files, bytes: files.map((file) => readFileSync(file)) };
  }
  return photos;
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
