import { checkSchema } from '../validation/check-schema.ts';
import type { Taxonomy } from './taxonomy.ts';
import { taxonomySchema } from './taxonomy-schema.ts';

/** Okabe and Ito's palette, which colour-blind readers can tell apart, then darker tones of it. */
const COLOURS = [
  ...['#e69f00', '#d55e00', '#56b4e9', '#009e73', '#000000', '#0072b2', '#cc79a7', '#f0e442'],
  ...['#7f5800', '#7a3600', '#1f6f9c', '#005c43', '#777777', '#7a3f60'],
];

/** A description of classes that is not valid; the message names each wrong member and what to do. */
export class TaxonomyError extends Error {
  override readonly name = 'TaxonomyError';
}

/**
 * Reads a description of classes: the content of a `taxonomy.json`. A class without a colour gets one of a
 * palette.
 *
 * @param json as `JSON.parse` gives it
 * @throws TaxonomyError with every fault, where it is, and what to do
 */
export function readTaxonomy(json: unknown): Taxonomy {
  const { data, faults } = checkSchema(taxonomySchema, withColours(json), 'the taxonomy');
  if (faults === undefined) return data;
  throw new TaxonomyError(faults.join('; '));
}

function withColours(json: unknown): unknown {
  if (!isObject(json) || !Array.isArray(json.classes)) return json;
  const classes = json.classes.map((one: unknown, k) =>
    isObject(one) ? { colour: COLOURS[k % COLOURS.length], ...one } : one,
  );
  return { ...json, classes };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
