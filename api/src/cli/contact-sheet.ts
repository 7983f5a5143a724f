import type { ModelReference } from '../schemas/prediction.ts';

/** A picture on a contact sheet, or why there is none. */
export interface SheetEntry {
  /** Path of the file, as it was given. */
  readonly file: string;
  /** Path of its heat map from the sheet's folder; absent where the file failed. */
  readonly map?: string;
  readonly text: string;
}

const STYLE = `body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#1a1a1a;background:#fff}
h1{font-size:1.3rem;margin:0}.fine{color:#5a5a5a;font-size:.85rem}.warning{color:#8a1c00}
ul{list-style:none;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr))}
li{break-inside:avoid;overflow-wrap:anywhere}img{width:100%;display:block;margin-bottom:.3rem}b{display:block}`;

/**
 * An HTML page of all heat maps of a folder, which loads them from beside it and nothing from elsewhere.
 *
 * @param language of the texts
 */
export function contactSheet(
  entries: readonly SheetEntry[],
  model: ModelReference,
  disclaimer: string,
  language: string,
): string {
  const items = entries.map(({ file, map, text }) => {
    const src = map === undefined ? '' : `<img loading="lazy" alt="" src="${escaped(url(map))}">`;
    return `<li>${src}<b>${escaped(file)}</b>${escaped(text)}</li>`;
  });
  const { name, version, sha256 } = model;
  const made = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `<!doctype html>
<html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>Naevus ${escaped(version)}</title><style>${STYLE}</style>
<h1>${escaped(name)} ${escaped(version)}</h1>
<p class="fine">${made} UTC · sha256 ${escaped(sha256)}</p>
<p class="warning">${escaped(disclaimer)}</p>
<ul>
${items.join('\n')}
</ul>
</html>
`;
}

/** A path as an address: slashes between its parts, each of them encoded. */
function url(path: string): string {
  return path.split(/[\\/]/).map(encodeURIComponent).join('/');
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };
  return text.replaceAll(/[&<>"]/g, (character) => `&${names[character]};`);
}
