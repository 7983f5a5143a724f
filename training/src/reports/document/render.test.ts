import { expect, it } from 'vitest';
import { paragraph, picture, type ReportSection, table } from './blocks.ts';
import { blockHtml } from './render-html.ts';
import { sectionMarkdown } from './render-markdown.ts';
import { reportPage } from './report-page.ts';

const section: ReportSection = {
  id: 'classes',
  title: 'Each class',
  blocks: [
    paragraph('A < B'),
    table(
      ['class', 'images', 'recall'],
      [
        ['mel', '1,838', '0.5 (0.4 to 0.6)'],
        ['df', '-', '-'],
      ],
      'As served.',
    ),
    picture('roc.svg', 'ROC curves'),
  ],
};
const url = (file: string) => `reports/${file}`;

it('renders a section as Markdown', () => {
  expect(sectionMarkdown(section, url)).toBe(`## Each class

A < B

As served.

| class | images | recall |
| --- | ---: | --- |
| mel | 1,838 | 0.5 (0.4 to 0.6) |
| df | - | - |

![ROC curves](reports/roc.svg)
`);
});

it('renders the same blocks as HTML, text as text', () => {
  const html = section.blocks.map((block) => blockHtml(block, url)).join('\n');
  expect(html).toContain('<p>A &lt; B</p>');
  expect(html).toContain('<caption>As served.</caption>');
  expect(html).toContain(
    '<thead><tr><th scope="col">class</th><th scope="col">images</th><th scope="col">recall</th></tr>',
  );
  expect(html).toContain(
    '<tr><th scope="row">mel</th><td>1,838</td><td>0.5 (0.4 to 0.6)</td></tr>',
  );
  expect(html).toContain('<img src="reports/roc.svg" alt="ROC curves"');
});

it('wraps the cells of tables, and prints them whole', () => {
  const page = reportPage('Report', 'A notice', [section], url);
  expect(page).not.toContain('nowrap');
  expect(page).toMatch(/@media print \{[^}]*\}[\s\S]*\.scroll \{ overflow: visible; \}/);
});
