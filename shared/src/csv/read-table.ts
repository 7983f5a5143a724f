import { CsvError, parse } from 'csv-parse/sync';

export interface Table {
  /** Names of the columns: trimmed, in lower case. */
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** Line of the file, the first being 1; the last one where a field goes over several. */
  readonly line: number;
  /** By column, as they stand in the file. */
  readonly cells: Readonly<Record<string, string>>;
}

/** The text is no table. */
export class TableError extends Error {
  override readonly name = 'TableError';
  /** Where known. */
  readonly line: number | undefined;

  constructor(detail: string, line: number | undefined) {
    super(detail);
    this.line = line;
  }
}

/** Of those that a header has equally many of, the first: names hold commas more often than tabs. */
const DELIMITERS = ['\t', ';', ','] as const;

/** What Excel writes, and takes, as a first line. */
const EXCEL_HINT = /^sep=(.)\r?\n/i;

/**
 * Reads a table as people have them: fields separated by commas, semicolons or tabs (told by the header), quoted or
 * not, with or without a byte order mark, LF or CRLF. Where semicolons separate, numbers may have a decimal comma,
 * which becomes a point.
 *
 * @returns no columns where the text is empty
 * @throws TableError where a row has other fields than the header, quotes do not end, or two columns have one name
 */
export function readTable(text: string): Table {
  const unmarked = text.replace(/^\uFEFF/, '');
  const hint = EXCEL_HINT.exec(unmarked);
  const body = hint ? unmarked.slice(hint[0].length) : unmarked;
  const delimiter = hint?.[1] ?? delimiterOf(body);
  const [header, ...records] = readRecords(body, delimiter, hint ? 1 : 0);
  const columns = (header?.record ?? []).map((name) => name.trim().toLowerCase());
  const repeated = columns.find((name, i) => columns.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new TableError(`two columns are called ${JSON.stringify(repeated)}`, header!.line);
  }
  const cell = delimiter === ';' ? withDecimalPoint : (value: string) => value;
  return {
    columns,
    rows: records.map(({ line, record }) => ({
      line,
      cells: Object.fromEntries(columns.map((name, i) => [name, cell(record[i]!)])),
    })),
  };
}

/** The delimiter that the header has most of, outside of quotes; a comma where it has none. */
function delimiterOf(text: string): string {
  const header = /^\s*([^\r\n]*)/.exec(text)![1]!.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => header.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? ',' : DELIMITERS[counts.indexOf(most)]!;
}

function withDecimalPoint(value: string): string {
  return /^\s*-?\d+,\d+\s*$/.test(value) ? value.replace(',', '.') : value;
}

function readRecords(
  text: string,
  delimiter: string,
  linesBefore: number,
): { line: number; record: string[] }[] {
  try {
    const records = parse(text, { delimiter, info: true, skip_empty_lines: true }) as unknown as {
      info: { lines: number };
      record: string[];
    }[];
    return records.map(({ info, record }) => ({ line: info.lines + linesBefore, record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines + linesBefore : undefined;
    throw new TableError(error.message, line);
  }
}
