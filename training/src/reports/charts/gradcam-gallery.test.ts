import { LABELS, labelIndex } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { ScoredImage } from '../../evaluate/metrics/metrics-report.ts';
import { gradcamGallery } from './gradcam-gallery.ts';

const image = (imageId: string, answer: string): ScoredImage => ({
  imageId,
  label: 'mel',
  lesionId: null,
  scores: LABELS.map((label) => (label === answer ? 0.7 : 0.05)),
});

it('lays the answered class over the photograph, right answers left and wrong ones right', async () => {
  const right = image('ISIC_RIGHT', 'mel');
  const wrong = image('<ISIC&WRONG>', 'nv');
  // Grey photographs; melanoma is hot at the top left, naevus at the bottom right.
  const cam = new Float32Array(7 * 7 * 7);
  cam[labelIndex('mel') * 49] = 1;
  cam[labelIndex('nv') * 49 + 48] = 1;
  const rgb = new Uint8Array(224 * 224 * 3).fill(128);
  const svg = await gradcamGallery(
    [{ label: 'mel', right: [right], wrong: [wrong] }],
    'a test',
    async () => ({ rgb, cam }),
  );
  expect(svg).toContain('mel 0.70');
  expect(svg).toContain('nv 0.70, mel 0.05');
  expect(svg).toContain('&lt;ISIC&amp;WRONG&gt;');

  const [, base64] = svg.match(/href="data:image\/jpeg;base64,([^"]+)"/)!;
  const jpeg = sharp(Buffer.from(base64!, 'base64'));
  const { data, info } = await jpeg.raw().toBuffer({ resolveWithObject: true });
  const isGrey = (x: number, y: number) => {
    const [r, g, b] = data.subarray((y * info.width + x) * 3);
    return Math.max(r!, g!, b!) - Math.min(r!, g!, b!) < 12;
  };
  const [first, second] = [...svg.matchAll(/<text x="(\d+)" y="(\d+)"[^>]*>(?:mel|nv) 0/g)].map(
    ([, x, y]) => ({ left: Number(x), top: Number(y) - 118 }),
  );
  const overlay = { left: first!.left + 104, top: first!.top };
  expect(isGrey(first!.left + 5, first!.top + 5)).toBe(true);
  expect(isGrey(overlay.left + 5, overlay.top + 5)).toBe(false);
  expect(isGrey(overlay.left + 98, overlay.top + 98)).toBe(true);
  expect(second!.left).toBeGreaterThan(overlay.left + 104);
  expect(isGrey(second!.left + 104 + 98, second!.top + 98)).toBe(false);
});
