/**
 * Rows as aligned columns of text: the first column to the left, the others to the right.
 *
 * @param {readonly string[]} header
 * @param {readonly (readonly (string | number)[])[]} rows as wide as the header
 */
export function formatTable(header, rows) {
  const lines = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [text[0], rule, ...text.slice(1)].join('\n');
}
