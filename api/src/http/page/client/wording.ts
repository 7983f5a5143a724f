/**
 * A score from 0 to 1 as a percentage with one decimal; never 0% or 100%, which no score is.
 *
 * @param language whose way to write numbers is used, such as `de`
 */
export function percent(score: number, language = 'en'): string {
  const { format } = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  if (score < 0.0005) return `<${format(0.001)}`;
  if (score > 0.9995) return `>${format(0.999)}`;
  return format(score);
}

/** One decimal, as a language writes it. */
export function decimal(value: number, language = 'en'): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, digits).format(value);
}

/** Two significant digits, as a language writes them. */
export function figure(value: number, language = 'en'): string {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(value);
}

/** A problem's text as a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const end = /[.!?]$/.test(trimmed) ? '' : '.';
  return trimmed[0]!.toUpperCase() + trimmed.slice(1) + end;
}

/** A part of an image. */
export type Place =
  | 'top left'
  | 'top'
  | 'top right'
  | 'left'
  | 'centre'
  | 'right'
  | 'bottom left'
  | 'bottom'
  | 'bottom right';

/**
 * Where a heat map is hottest, for those who do not see it.
 *
 * @param grid rows from the top, each from the left
 * @returns undefined where nothing is hot
 */
export function hottestPlace(grid: readonly (readonly number[])[]): Place | undefined {
  const hottest = Math.max(...grid.flat());
  if (!(hottest > 0)) return undefined;
  const y = grid.findIndex((row) => row.includes(hottest));
  const vertical = third(y, grid.length, 'top', 'bottom');
  const horizontal = third(grid[y]!.indexOf(hottest), grid[y]!.length, 'left', 'right');
  return ([vertical, horizontal].filter((word) => word !== '').join(' ') || 'centre') as Place;
}

function third(cell: number, cells: number, first: string, last: string): string {
  const position = (cell + 0.5) / cells;
  if (position < 1 / 3) return first;
  return position > 2 / 3 ? last : '';
}
