import type { Block, ReportSection, Table } from './blocks.ts';

/** @param pictureUrl address of a picture by its file name */
export function sectionMarkdown(
  { title, blocks }: ReportSection,
  pictureUrl: (file: string) => string,
): string {
  return `## ${title}\n\n${blocks.map((block) => blockMarkdown(block, pictureUrl)).join('\n\n')}\n`;
}

export function blockMarkdown(block: Block, pictureUrl: (file: string) => string): string {
  switch (block.kind) {
    case 'paragraph':
      return block.text;
    case 'table':
      return tableMarkdown(block);
    case 'picture':
      return `![${block.alt}](${pictureUrl(block.file)})`;
  }
}

/** A caption stands above its table. Columns of plain numbers are aligned to the right. */
export function tableMarkdown({ head, rows, caption }: Omit<Table, 'kind'>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = [
    line(head),
    line(head.map((_, i) => (isNumeric(rows.map((row) => row[i]!)) ? '---:' : '---'))),
    ...rows.map(line),
  ].join('\n');
  return caption === undefined ? lines : `${caption}\n\n${lines}`;
}

const NUMBER = /^[-+]?\d[\d,.]*( ?%)?$/;

/** Numbers alone, or a dash where there is none. */
function isNumeric(cells: readonly string[]): boolean {
  return (
    cells.some((cell) => NUMBER.test(cell)) &&
    cells.every((cell) => cell === '-' || NUMBER.test(cell))
  );
}
