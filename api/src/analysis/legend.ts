import { COLORMAP } from '@naevus/shared/heatmap/colormap';
import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';
import { GLYPH, glyphColumns, inFont } from './pixel-font.ts';

/** Pixels of the image for each pixel of a letter. */
const PIXELS_A_DOT = 360;
/** So wide that every line fits: an image that is narrower gets white beside it. */
const LEAST_WIDTH = 280;
const INK = 0x22;

/** In dots: a letter with its gap, a line with its gap, and the white around. */
const ADVANCE = GLYPH.width + 1;
const LINE = GLYPH.height + 3;
const MARGIN = 5;
const LINES = 3;

const [NONE, STRONGEST] = ['none', 'strongest'];

/**
 * An image with a legend of its heat map below it: which class it is of, how much of the map speaks for that
 * class, and the colours from no evidence to the strongest.
 *
 * @param name of the class; what the font lacks is a dash, and what is too long is cut off
 * @param share as `heatmapGrid` gives it, 0 to 1
 * @returns a new image, higher, the given one in its upper left corner
 */
export function withLegend(image: RgbImage, name: string, share: number): RgbImage {
  const width = Math.max(image.width, LEAST_WIDTH);
  const dot = Math.max(1, Math.floor(width / PIXELS_A_DOT));
  const height = image.height + (2 * MARGIN + LINES * LINE - (LINE - GLYPH.height)) * dot;
  const data = new Uint8Array(width * height * 3).fill(255);
  const stride = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * stride, (y + 1) * stride), y * width * 3);
  }
  const canvas = { data, width, height };
  const top = (line: number) => image.height + (MARGIN + line * LINE) * dot;
  const left = MARGIN * dot;
  const room = Math.floor((width - 2 * left) / (ADVANCE * dot));
  write(canvas, inFont(name).slice(0, room), left, top(0), dot);
  write(canvas, `${Math.round(100 * share)} % of the map speaks for it`, left, top(1), dot);

  write(canvas, NONE!, left, top(2), dot);
  const right = width - left - textWidth(STRONGEST!, dot);
  write(canvas, STRONGEST!, right, top(2), dot);
  const bar = { from: left + textWidth(NONE!, dot) + MARGIN * dot, to: right - MARGIN * dot };
  drawColours(canvas, bar, top(2), (GLYPH.height - 1) * dot);
  return canvas;
}

function textWidth(text: string, dot: number): number {
  return (text.length * ADVANCE - 1) * dot;
}

function write(canvas: RgbImage, text: string, left: number, top: number, dot: number): void {
  for (const [i, letter] of [...text].entries()) {
    for (const [column, bits] of glyphColumns(letter).entries()) {
      for (let row = 0; row < GLYPH.height; row++) {
        if ((bits >> row) & 1) {
          const x = left + (i * ADVANCE + column) * dot;
          fill(canvas, x, top + row * dot, dot);
        }
      }
    }
  }
}

function fill({ data, width }: RgbImage, left: number, top: number, size: number): void {
  for (let y = top; y < top + size; y++) {
    data.fill(INK, (y * width + left) * 3, (y * width + left + size) * 3);
  }
}

function drawColours(
  { data, width }: RgbImage,
  { from, to }: { readonly from: number; readonly to: number },
  top: number,
  height: number,
): void {
  const levels = COLORMAP.length / 3;
  for (let x = from; x < to; x++) {
    const level = Math.round(((x - from) / (to - from - 1)) * (levels - 1));
    const colour = COLORMAP.subarray(level * 3, level * 3 + 3);
    for (let y = top; y < top + height; y++) data.set(colour, (y * width + x) * 3);
  }
}
