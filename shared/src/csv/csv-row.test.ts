import { expect, it } from 'vitest';
import { csvRow } from './csv-row.ts';

it('joins cells with commas and quotes what needs it', () => {
  expect(csvRow(['a', 0.5, '', 'b, "c"', 'd\ne'])).toBe('a,0.5,,"b, ""c""","d\ne"');
});
