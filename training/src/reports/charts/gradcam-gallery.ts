import { heatmapGrid } from '@naevus/shared/heatmap/heatmap';
import { overlayHeatmap } from '@naevus/shared/heatmap/overlay';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import sharp from '../../data/decode/single-threaded-sharp.ts';
import type { GalleryRow } from '../../evaluate/explanations/choose-gallery.ts';
import { topClass } from '../../evaluate/metrics/labelled-probabilities.ts';
import type { ScoredImage } from '../../evaluate/metrics/metrics-report.ts';
import { classCount, labels } from '../../taxonomy/current.ts';
import { escapeMarkup } from '../document/escape-markup.ts';

/** A picture as the network sees it, and its class activation maps. */
export interface GallerySource {
  /** 224 * 224 * 3 RGB bytes. */
  readonly rgb: Uint8Array;
  /** `[class, y, x]`, before the ReLU. */
  readonly cam: Float32Array;
}

const TILE = 104;
const GAP = 12;
const ROW_LABEL = 64;
const HEADER = 64;
const CAPTION = 20;
const ALPHA = 0.6;
const JPEG_QUALITY = 78;

/**
 * The heat maps of some images as one SVG: a row a class, right answers left, wrong ones right, each image
 * beside itself with the map of the class that was answered. The photographs are one JPEG inside.
 */
export async function gradcamGallery<I extends ScoredImage>(
  rows: readonly GalleryRow<I>[],
  subtitle: string,
  load: (image: I) => Promise<GallerySource>,
): Promise<string> {
  const columns = Math.max(1, ...rows.flatMap(({ right, wrong }) => [right.length, wrong.length]));
  const pair = 2 * TILE + GAP;
  const side = columns * pair;
  const left = (kind: 'right' | 'wrong', i: number) =>
    ROW_LABEL + (kind === 'wrong' ? side + 2 * GAP : 0) + i * pair;
  const width = left('wrong', columns) + GAP;
  const height = HEADER + rows.length * (TILE + CAPTION + GAP);
  const top = (row: number) => HEADER + row * (TILE + CAPTION + GAP);

  const photos: { input: Buffer; left: number; top: number }[] = [];
  const texts: string[] = [
    text(
      GAP,
      24,
      'Grad-CAM on validation images, drawn at random',
      'font-size="16" font-weight="bold"',
    ),
    text(GAP, 42, subtitle, 'font-size="12" fill="#555"'),
    text(left('right', 0), HEADER - 6, 'answered right', 'font-size="12" fill="#00664b"'),
    text(left('wrong', 0), HEADER - 6, 'answered wrong', 'font-size="12" fill="#a03c00"'),
  ];
  for (const [row, { label, right, wrong }] of rows.entries()) {
    texts.push(text(GAP, top(row) + TILE / 2, label, 'font-size="14" font-weight="bold"'));
    for (const [kind, images] of Object.entries({ right, wrong }) as ['right' | 'wrong', I[]][]) {
      for (const [i, image] of images.entries()) {
        const { rgb, cam } = await load(image);
        const answer = topClass(image.scores);
        const photo = { data: rgb, width: INPUT_SIZE, height: INPUT_SIZE };
        const overlay = overlayHeatmap(photo, heatmapGrid(cam, answer, classCount()).grid, ALPHA);
        const at = { left: left(kind, i), top: top(row) };
        photos.push({ input: await tile(photo.data), ...at });
        photos.push({ input: await tile(overlay.data), ...at, left: at.left + TILE });
        const truth = image.scores[labels().indexOf(label)]!.toFixed(2);
        const caption = `${labels()[answer]} ${image.scores[answer]!.toFixed(2)}${kind === 'wrong' ? `, ${label} ${truth}` : ''}`;
        texts.push(text(at.left, at.top + TILE + 14, caption, 'font-size="11" fill="#333"'));
        texts.push(
          text(
            at.left + 2 * TILE,
            at.top + TILE + 14,
            image.imageId,
            'font-size="9" fill="#777" text-anchor="end"',
          ),
        );
      }
    }
  }
  const jpeg = await sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite(photos)
    .jpeg({ quality: JPEG_QUALITY, mozjpeg: true })
    .toBuffer();
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif">`,
    `<image width="${width}" height="${height}" href="data:image/jpeg;base64,${jpeg.toString('base64')}"/>`,
    ...texts,
    '</svg>\n',
  ].join('\n');
}

async function tile(rgb: Uint8Array): Promise<Buffer> {
  return sharp(rgb, { raw: { width: INPUT_SIZE, height: INPUT_SIZE, channels: 3 } })
    .resize(TILE, TILE)
    .png()
    .toBuffer();
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeMarkup(content)}</text>`;
}
