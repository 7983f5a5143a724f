import { createRandom } from '@naevus/shared/statistics/random';
import { expect, it } from 'vitest';
import { BEYOND_MODALITY, modalityThreshold } from './fit-assessment.ts';

const random = createRandom(2);
/** Likelihoods from 0 to 1, those by a fit without the source lower by a part. */
const images = (source: string, count: number, fall: number) =>
  Array.from({ length: count }, () => {
    const dermoscopic = random.next();
    return { source, dermoscopic, dermoscopicUnseen: (1 - fall) * dermoscopic };
  });
const refused = (
  of: ReturnType<typeof images>,
  limit: number,
  key: 'dermoscopic' | 'dermoscopicUnseen',
) => of.filter((image) => image[key] < limit).length / of.length;

it('refuses so many lesions of known sources where new ones would be refused as seldom', () => {
  const of = [...images('home', 3000, 0), ...images('other', 300, 0)];
  const limit = modalityThreshold(of, 'home')!;
  expect(refused(of, limit, 'dermoscopic')).toBeCloseTo(0.045, 1);
  expect(limit).toBeGreaterThan(0.03);
});

it('refuses fewer where it would refuse too many of a source that the fit does not know', () => {
  const home = images('home', 3000, 0.5);
  const other = images('other', 300, 0.95);
  const limit = modalityThreshold([...home, ...other], 'home')!;
  const mean =
    (refused(home, limit, 'dermoscopicUnseen') + refused(other, limit, 'dermoscopicUnseen')) / 2;
  expect(mean).toBeLessThan(BEYOND_MODALITY.unseen);
  expect(mean).toBeGreaterThan(BEYOND_MODALITY.unseen - 0.01);
  expect(refused([...home, ...other], limit, 'dermoscopic')).toBeLessThan(0.02);
});

it('has no limit where it is not told how images were taken', () => {
  expect(modalityThreshold([{ source: 'home' }], 'home')).toBeUndefined();
});
