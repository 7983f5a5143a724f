import { COLORMAP } from '@naevus/shared/heatmap/colormap';
import type { RgbImage } from '@naevus/shared/image/preprocessing-spec';
import { LABELS, LESION_CLASSES } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import { withLegend } from './legend.ts';

function photo(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 89) & 127);
  return { data, width, height };
}

const COLOURS = new Set(
  Array.from({ length: 256 }, (_, i) => COLORMAP.subarray(3 * i, 3 * i + 3).join()),
);

function pixel({ data, width }: RgbImage, x: number, y: number): string {
  return data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3).join();
}

describe('withLegend', () => {
  it.each([
    [448, 336],
    [1024, 700],
    [40, 90],
  ])('keeps the picture as it is in its corner: %i x %i', (width, height) => {
    const image = photo(width, height);
    const result = withLegend(image, 'Melanoma', 0.5);
    expect(result.data).toHaveLength(result.width * result.height * 3);
    expect(result.height).toBeGreaterThan(height);
    expect(result.width).toBe(Math.max(width, 280));
    for (let y = 0; y < height; y++) {
      const row = result.data.subarray(y * result.width * 3, (y * result.width + width) * 3);
      expect(Buffer.compare(row, image.data.subarray(y * width * 3, (y + 1) * width * 3))).toBe(0);
    }
  });

  it('has the colours from cold to hot, from left to right', () => {
    const result = withLegend(photo(448, 336), 'Melanoma', 0.5);
    const row = Array.from({ length: 448 }, (_, x) => pixel(result, x, result.height - 8));
    const bar = row.filter((colour) => COLOURS.has(colour));
    expect(bar.length).toBeGreaterThan(300);
    expect(bar[0]).toBe(COLORMAP.subarray(0, 3).join());
    expect(bar.at(-1)).toBe(COLORMAP.subarray(-3).join());
  });

  it.each(LABELS)('has letters for %s, in ink that fits on the picture', (label) => {
    const { name } = LESION_CLASSES[label];
    const result = withLegend(photo(60, 60), name, 1);
    let ink = 0;
    for (let y = 60; y < 60 + 16; y++) {
      for (let x = 0; x < result.width; x++) if (pixel(result, x, y) === '34,34,34') ink++;
      expect(pixel(result, result.width - 1, y)).toBe('255,255,255');
    }
    expect(ink).toBeGreaterThan(6 * name.length);
  });

  it('writes the share in words that change with it', () => {
    const of = (share: number) => withLegend(photo(300, 20), 'Melanoma', share).data;
    expect(of(0.25)).not.toEqual(of(0.5));
    expect(of(0.501)).toEqual(of(0.5));
  });

  it('writes any name: without accents, with dashes for other letters, as far as there is room', () => {
    const written = (name: string) => withLegend(photo(9, 9), name, 1).data;
    expect(written('näv')).toEqual(written('nav'));
    expect(written('病v')).toEqual(written('-v'));
    expect(written('v'.repeat(500))).toEqual(written('v'.repeat(200)));
  });
});
