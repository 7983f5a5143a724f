import { COLORMAP } from '@naevus/shared/heatmap/colormap';
import { overlayHeatmap } from '@naevus/shared/heatmap/overlay';
import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';
import type { Heatmap } from '../../../schemas/gradcam.ts';

/** Long side of the photo on the page, in pixels: enough to zoom into. */
const PHOTO_SIDE = { least: 480, most: 2048 };
/** Long side of the photo with the heat map, in pixels: the heat is smooth, and quick to redraw. */
const OVERLAY_SIDE = 960;

type ShownHeatmap = Pick<Heatmap, 'grid' | 'crop'>;

/** A photo, and the same with a heat map over it, blended as the server's own overlay is. */
export class PhotoView {
  readonly #photo: CanvasRenderingContext2D;
  readonly #overlay: CanvasRenderingContext2D;
  #pixels: RgbImage | undefined;
  #heatmap: ShownHeatmap | undefined;
  #opacity = 0.5;
  #frame = 0;
  /** Counts photos: one that was slow to decode must not replace a later one. */
  #turn = 0;

  constructor(photo: HTMLCanvasElement, overlay: HTMLCanvasElement) {
    this.#photo = photo.getContext('2d')!;
    this.#overlay = overlay.getContext('2d', { willReadFrequently: true })!;
  }

  /**
   * Shows a photo without a heat map, upright and on white as the server sees it.
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
    const { least, most } = PHOTO_SIDE;
    drawOnWhite(this.#photo, bitmap, Math.min(Math.max(side, least), most) / side);
    drawOnWhite(this.#overlay, bitmap, Math.min(Math.max(side, least), OVERLAY_SIDE) / side);
    bitmap.close();
    const { width, height } = this.#overlay.canvas;
    const { data } = this.#overlay.getImageData(0, 0, width, height);
    this.#pixels = { data: withoutAlpha(data), width, height };
    this.#redraw();
    return true;
  }

  /** Lays a heat map over the part of the photo that it covers; undefined takes it away. */
  lay(heatmap: ShownHeatmap | undefined): void {
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
    this.#pixels = undefined;
    this.#heatmap = undefined;
  }

  /**
   * A small copy of the photo, without the heat map.
   *
   * @param side of its long side, in pixels, at most
   * @returns a `data:` URL of a JPEG; undefined where no photo is shown
   */
  copy(side: number): string | undefined {
    if (!this.#pixels) return undefined;
    const { canvas } = this.#photo;
    const copy = document.createElement('canvas');
    const scale = Math.min(1, side / Math.max(canvas.width, canvas.height));
    drawOnWhite(copy.getContext('2d')!, canvas, scale);
    return copy.toDataURL('image/jpeg', 0.85);
  }

  /** Once a frame, however often a slider moves. */
  #redraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const pixels = this.#pixels;
      if (!pixels) return;
      const heatmap = this.#heatmap;
      const shown = heatmap
        ? overlayHeatmap(pixels, heatmap.grid, this.#opacity, heatmap.crop)
        : pixels;
      this.#overlay.putImageData(opaque(shown), 0, 0);
    });
  }
}

/** Draws an image, scaled, and makes the canvas as large as that. */
export function drawOnWhite(
  context: CanvasRenderingContext2D,
  image: ImageBitmap | HTMLCanvasElement,
  scale: number,
): void {
  const { canvas } = context;
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  context.imageSmoothingQuality = 'high';
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
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
