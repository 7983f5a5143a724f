import { expect, it } from 'vitest';
import { HAM10000 } from './ham10000.ts';
import { readTaxonomy } from './read-taxonomy.ts';
import { labelsOf } from './taxonomy.ts';
import { taxonomyOf } from './taxonomy-of.ts';

const TWO = readTaxonomy({
  schemaVersion: 1,
  name: 'two',
  title: 'Two',
  classes: ['a', 'b'].map((label) => ({ label, name: { en: label } })),
});

it('is the one of the manifest, else HAM10000’s', () => {
  expect(taxonomyOf({ labels: ['a', 'b'], taxonomy: TWO })).toBe(TWO);
  expect(taxonomyOf({ labels: labelsOf(HAM10000) })).toBe(HAM10000);
});

it('refuses labels that nothing describes', () => {
  expect(() => taxonomyOf({ labels: ['a', 'b'] })).toThrow(
    /a member "taxonomy" must describe them/,
  );
  expect(() => taxonomyOf({ labels: ['b', 'a'], taxonomy: TWO })).toThrow(
    /not those of the taxonomy/,
  );
});
