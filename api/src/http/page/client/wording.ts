/** A score from 0 to 1 as a percentage with one decimal; never 0% or 100%, which no score is. */
export function percent(score: number): string {
  if (score < 0.0005) return '<0.1%';
  if (score > 0.9995) return '>99.9%';
  return `${(score * 100).toFixed(1)}%`;
}

/** A problem's text as a sentence. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const end = /[.!?]$/.test(trimmed) ? '' : '.';
  return trimmed[0]!.toUpperCase() + trimmed.slice(1) + end;
}

/**
 * Where a heat map is hottest, for those who do not see it.
 *
 * @param grid rows from the top, each from the left
 * @returns such as `top left`, `right` or `centre`; undefined where nothing is hot
 */
export function hottestPlace(grid: readonly (readonly number[])[]): string | undefined {
  const hottest = Math.max(...grid.flat());
  if (!(hottest > 0)) return undefined;
  const y = grid.findIndex((row) => row.includes(hottest));
  const vertical = third(y, grid.length, 'top', 'bottom');
  const horizontal = third(grid[y]!.indexOf(hottest), grid[y]!.length, 'left', 'right');
  return [vertical, horizontal].filter((word) => word !== '').join(' ') || 'centre';
}

function third(cell: number, cells: number, first: string, last: string): string {
  const position = (cell + 0.5) / cells;
  if (position < 1 / 3) return first;
  return position > 2 / 3 ? last : '';
}
