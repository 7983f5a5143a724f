import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { predictionsCsv } from './predictions-csv.ts';

it('has one column a label and comes back to nine digits', () => {
  const scores = [0.1, 0.2, 1 / 3, 1e-12, 0.05, 0.3, 0.0166666666];
  const csv = predictionsCsv([
    { imageId: 'ISIC_1', scores },
    { imageId: 'odd, "name"', scores },
  ]);
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  expect(Object.keys(rows[0]!)).toEqual([
    'image_id',
    'akiec',
    'bcc',
    'bkl',
    'df',
    'mel',
    'nv',
    'vasc',
  ]);
  expect(rows.map((row) => row.image_id)).toEqual(['ISIC_1', 'odd, "name"']);
  expect(Number(rows[0]!.bkl)).toBeCloseTo(1 / 3, 9);
  expect(Number(rows[0]!.df)).toBe(1e-12);
});
