import type { Block, Table } from './blocks.ts';
import { escapeMarkup } from './escape-markup.ts';

/** @param pictureUrl address of a picture by its file name */
export function blockHtml(block: Block, pictureUrl: (file: string) => string): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${escapeMarkup(block.text)}</p>`;
    case 'table':
      return tableHtml(block);
    case 'picture':
      return `<figure><img src="${escapeMarkup(pictureUrl(block.file))}" alt="${escapeMarkup(block.alt)}" loading="lazy"></figure>`;
  }
}

function tableHtml({ head, rows, caption }: Table): string {
  const line = (cells: readonly string[], tag: 'th' | 'td') =>
    `<tr>${cells
      .map((cell, i) => {
        const name = i === 0 ? 'th' : tag;
        const scope = tag === 'th' ? ' scope="col"' : i === 0 ? ' scope="row"' : '';
        return `<${name}${scope}>${escapeMarkup(cell)}</${name}>`;
      })
      .join('')}</tr>`;
  return `<div class="scroll"><table>${caption ? `<caption>${escapeMarkup(caption)}</caption>` : ''}
<thead>${line(head, 'th')}</thead>
<tbody>
${rows.map((row) => line(row, 'td')).join('\n')}
</tbody></table></div>`;
}
