import { COLORMAP } from '@naevus/shared/heatmap/colormap';
import { overlayHeatmap } from '@naevus/shared/heatmap/overlay';
import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';
import type { Heatmap } from '../../../schemas/gradcam.ts';

/** Long side of the picture on the page, in pixels: the heat is smooth, and quick to redraw. */
const LONG_SIDE = { least: 480, most: 960 };

/** The picture with the heat map over it, blended as the server's own overlay is. */
export class PictureView {
  readonly #context: CanvasRenderingContext2D;
  #picture: RgbImage | undefined;
  #heatmap: Pick<Heatmap, 'grid' | 'crop'> | undefined;
  #opacity = 0.5;
  #frame = 0;
  /** Counts pictures: one that was slow to decode must not replace a later one. */
  #turn = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
  }

  /**
   * Shows a picture without a heat map, upright and on white as the server sees it.
   *
   * @returns false where the browser cannot read it, and nothing is shown
   */
  async show(file: Blob): Promise<boolean> {
    this.clear();
    const turn = this.#turn;
    let bitmap: ImageBitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      return false;
    }
    if (turn !== this.#turn) {
      bitmap.close();
      return false;
    }
    const side = Math.max(bitmap.width, bitmap.height);
    const scale = Math.min(Math.max(side, LONG_SIDE.least), LONG_SIDE.most) / side;
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const context = this.#context;
    context.canvas.width = width;
    context.canvas.height = height;
    context.imageSmoothingQuality = 'high';
    context.fillStyle = 'white';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    this.#picture = { data: withoutAlpha(data), width, height };
    this.#redraw();
    return true;
  }

  /** Lays a heat map over the part of the picture that it covers; undefined takes it away. */
  lay(heatmap: Pick<Heatmap, 'grid' | 'crop'> | undefined): void {
    this.#heatmap = heatmap;
    this.#redraw();
  }

  /** @param opacity 0 to 1, where the map is hottest */
  setOpacity(opacity: number): void {
    this.#opacity = opacity;
    this.#redraw();
  }

  clear(): void {
    this.#turn++;
    this.#picture = undefined;
    this.#heatmap = undefined;
  }

  /** Once a frame, however often a slider moves. */
  #redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const picture = this.#picture;
      if (!picture) return;
      const heatmap = this.#heatmap;
      const shown = heatmap
        ? overlayHeatmap(picture, heatmap.grid, this.#opacity, heatmap.crop)
        : picture;
      this.#context.putImageData(opaque(shown), 0, 0);
    });
  }
}

/** Draws the colours of the heat map, cold to hot from left to right. */
export function drawColourBar(canvas: HTMLCanvasElement): void {
  const data = COLORMAP;
  canvas.getContext('2d')!.putImageData(opaque({ data, width: data.length / 3, height: 1 }), 0, 0);
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}

function opaque({ data, width, height }: RgbImage): ImageData {
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    image.data[to] = data[from]!;
    image.data[to + 1] = data[from + 1]!;
    image.data[to + 2] = data[from + 2]!;
    image.data[to + 3] = 255;
  }
  return image;
}
