import { describe, expect, it } from 'vitest';
import { HAM10000 } from './ham10000.ts';
import { readTaxonomy, TaxonomyError } from './read-taxonomy.ts';

const lesion = { label: 'lesion', name: { en: 'Lesion' }, risk: 'malignant', critical: true };
const other = { label: 'other', name: { en: 'Other' }, risk: 'benign' };
const TWO = { schemaVersion: 1, name: 'two', title: 'Two', classes: [lesion, other] };

function withClasses(...classes: unknown[]): unknown {
  return { ...TWO, classes };
}

describe('readTaxonomy', () => {
  it('takes the default as it is', () => {
    expect(readTaxonomy(HAM10000)).toEqual(HAM10000);
  });

  it('fills in colours, codes and words', () => {
    const { classes } = readTaxonomy(TWO);
    expect(new Set(classes.map(({ colour }) => colour)).size).toBe(2);
    expect(classes[0]).toMatchObject({ codes: { icd10: [], icd11: [], snomedCt: [] }, words: [] });
    expect(readTaxonomy(readTaxonomy(TWO))).toEqual(readTaxonomy(TWO));
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', [], /the taxonomy must be a JSON object/],
    ['one class', withClasses(lesion), /classes must have at least 2 items/],
    [
      'a label twice',
      withClasses(lesion, { ...other, label: 'lesion' }),
      /classes\.1\.label is the label of classes\.0 too/,
    ],
    [
      'a label in capitals',
      withClasses({ ...lesion, label: 'MEL' }, other),
      /classes\.0\.label must consist of lower-case/,
    ],
    [
      'a number as label',
      withClasses({ ...lesion, label: '1' }, other),
      /classes\.0\.label must have at least one letter/,
    ],
    [
      'a column as label',
      withClasses(lesion, { ...other, label: 'image_id' }),
      /classes\.1\.label is the name of a column/,
    ],
    [
      'no English name',
      withClasses({ ...lesion, name: { de: 'x' } }, other),
      /classes\.0\.name\.en is missing/,
    ],
    [
      'a colour by name',
      withClasses(lesion, { ...other, colour: 'red' }),
      /classes\.1\.colour must be a colour like/,
    ],
    [
      'some risks',
      withClasses(lesion, { ...other, risk: undefined }),
      /classes\.1\.risk is missing: give each/,
    ],
    [
      'one side of risk',
      withClasses(lesion, { ...other, risk: 'malignant' }),
      /classes have the same side of risk/,
    ],
    [
      'a benign critical class',
      withClasses(lesion, { ...other, critical: true }),
      /classes\.1\.risk must be malignant/,
    ],
    [
      'the name of a group',
      withClasses({ ...lesion, label: 'malignant' }, other),
      /classes\.0\.label names the operating points of a group/,
    ],
    [
      'a point of no critical class',
      withClasses(lesion, { ...other, operatingPoint: 'x' }),
      /classes\.1\.operatingPoint is for a critical class/,
    ],
    [
      'an unseen diagnosis next to nothing',
      { ...TWO, unseen: [{ name: 'x', nextTo: 'y' }] },
      /unseen\.0\.nextTo must be one of the labels lesion, other/,
    ],
    ['an unknown member', { ...TWO, colour: 'x' }, /unknown member: "colour"/],
  ])('refuses %s', (_, json, message) => {
    expect(() => readTaxonomy(json)).toThrow(TaxonomyError);
    expect(() => readTaxonomy(json)).toThrow(message);
  });
});
