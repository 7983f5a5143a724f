import { drawOnWhite } from './photo-view.ts';

/** Draws a `data:` URL, which the page's policy does not let an image load. */
export async function drawStoredPhoto(canvas: HTMLCanvasElement, url: string): Promise<void> {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  drawOnWhite(canvas.getContext('2d')!, bitmap, 1);
  bitmap.close();
}
