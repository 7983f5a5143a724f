import type { ReportSection } from './blocks.ts';
import { escapeMarkup } from './escape-markup.ts';
import { blockHtml } from './render-html.ts';

/**
 * A static page of sections with a list of them: no script, no other host, readable on light and dark.
 *
 * @param pictureUrl address of a picture by its file name
 */
export function reportPage(
  title: string,
  notice: string,
  sections: readonly ReportSection[],
  pictureUrl: (file: string) => string,
): string {
  const links = sections.map(({ id, title: name }) => `<a href="#${id}">${escapeMarkup(name)}</a>`);
  const bodies = sections.map(
    ({ id, title: name, blocks }) =>
      `<section id="${id}">\n<h2>${escapeMarkup(name)}</h2>\n${blocks.map((block) => blockHtml(block, pictureUrl)).join('\n')}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<p class="notice">${escapeMarkup(notice)}</p>
<nav>${links.join(' ')}</nav>
</header>
<main>
${bodies.join('\n')}
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #fff; --line: #d0d7de; --link: #0550ae; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117; --line: #30363d; --link: #79b8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
p { max-width: 46rem; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
.notice { color: var(--soft); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child { text-align: left; font-weight: 600; }
thead th { font-weight: 600; }
figure { margin: 1rem 0; }
img { max-width: 100%; height: auto; background: #fff; border-radius: 6px; display: block; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --line: #bbb; --link: #000; }
  @page { size: A4; margin: 1.5cm; }
  body { max-width: none; padding: 0; font-size: .8rem; }
  nav { display: none; }
  .scroll { overflow: visible; }
  table { font-size: .65rem; }
  th, td { padding-right: .35rem; overflow-wrap: anywhere; }
  tr, figure { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
