/**
 * How spreadsheets, pandas, R, SQL and people write that a value is not known; in lower case. One list for every column
 * of every CSV that is read.
 */
const MISSING = new Set([
  '',
  'nan',
  'none',
  'na',
  'n/a',
  'n.a.',
  'n/d',
  'nd',
  'null',
  'nil',
  'nat',
  'unknown',
  'unspecified',
  'not specified',
  'not known',
  'not available',
  'not reported',
  'missing',
  'undefined',
  '<na>',
  '(null)',
  '\\n',
  '#n/a',
  '#na',
  '#null!',
  '#value!',
  '-',
  '--',
  '.',
  '?',
]);

/**
 * The value of a cell of a CSV.
 *
 * @returns the trimmed text; undefined where there is no such column, or where the text says that the value is missing:
 *   an empty cell, `nan`, `None`, `NA`, `null`, `unknown` and the like, in any case
 */
export function knownValue(cell: string | undefined): string | undefined {
  const text = cell?.trim() ?? '';
  return MISSING.has(text.toLowerCase()) ? undefined : text;
}
