/** A table of text; the first column heads its rows, the others are figures. */
export interface Table {
  readonly kind: 'table';
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly caption?: string | undefined;
}

/** A part of a section: the same for the page in HTML and for the model card in Markdown. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | Table
  /** A picture by its file name. */
  | { readonly kind: 'picture'; readonly file: string; readonly alt: string };

/** A part of a report, written once and rendered as HTML or as Markdown. */
export interface ReportSection {
  /** For links to it. */
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text };
}

export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  caption?: string,
): Table {
  return { kind: 'table', head, rows, caption };
}

export function picture(file: string, alt: string): Block {
  return { kind: 'picture', file, alt };
}
