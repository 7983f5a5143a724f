import { knownValue } from '@naevus/shared/csv/missing-value';
import { readTable, type Table, TableError } from '@naevus/shared/csv/read-table';
import { withoutImageExtension } from '@naevus/shared/image/image-extensions';
import { labels } from '../../taxonomy/current.ts';
import { DataError, type DataProblem } from './data-error.ts';

/** One row of the metadata. */
export interface MetadataRow {
  /** Line of the file, the header being line 1; the last one where a field goes over several. */
  readonly row: number;
  readonly imageId: string;
  /** null: of a disease that is none of the classes, as the source's definition says. */
  readonly label: string | null;
  /** As it stands in the CSV, trimmed, in lower case. */
  readonly diagnosis: string;
  /** null where there is no such column, or the value is missing ({@link knownValue}). */
  readonly lesionId: string | null;
  /** All other columns by their lower-case names, trimmed; `''` where the value is missing. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Meanings of diagnoses, by lower-case name. */
export type Diagnoses = Readonly<Record<string, string | null>>;

/** `image` is what the ISIC challenges call it, `isic_id` the archive. */
const ID_COLUMNS = ['image_id', 'image', 'isic_id'];

/**
 * Reads metadata in either of two forms: `image_id,dx` with any other columns (`lesion_id` has a
 * meaning, the rest is kept), or a column a diagnosis with a single 1 a row, such as the ISIC challenges'
 * ground truth `image,MEL,NV,...,UNK`: at least two of the columns are labels or diagnoses that are mapped to one. Any delimiter that {@link readTable} knows, and any case of header and label are fine; an
 * image id may carry its file's extension.
 *
 * @param path only for messages
 * @param diagnosesOf what diagnoses mean that are not labels: a label, or null for none of the classes; by the
 *   other columns of a row
 * @throws DataError malformed-csv, missing-column, unknown-label, duplicate-image-id
 */
export function parseMetadata(
  text: string,
  path: string,
  diagnosesOf: (metadata: MetadataRow['metadata']) => Diagnoses = () => ({}),
): MetadataRow[] {
  const { columns, rows: records } = tableOf(text, path);
  const idColumn = ID_COLUMNS.find((name) => columns.includes(name));
  const known = labels();
  const hotColumns = columns.filter(
    (name) => known.includes(name) || Object.hasOwn(diagnosesOf({}), name),
  );
  const oneHot = !columns.includes('dx') && hotColumns.length >= 2;
  const missing = (column: string) =>
    new DataError({ kind: 'missing-column', path, column, found: columns });
  if (idColumn === undefined) throw missing('image_id');
  if (!oneHot && !columns.includes('dx')) throw missing('dx');

  const own = new Set<string>([idColumn, 'lesion_id', ...(oneHot ? hotColumns : ['dx'])]);
  const rows: MetadataRow[] = [];
  const unknown: { row: number; value: string }[] = [];
  for (const { line: row, cells: fields } of records) {
    const imageId = withoutImageExtension(knownValue(fields[idColumn]) ?? '');
    if (imageId === '') {
      throw new DataError({ kind: 'malformed-csv', path, row, detail: `${idColumn} is empty` });
    }
    const value = oneHot
      ? hotDiagnosis(fields, hotColumns, idColumn)
      : fields.dx!.trim().toLowerCase();
    const others = Object.entries(fields).filter(([name]) => !own.has(name));
    const metadata = Object.fromEntries(
      others.map(([name, cell]) => [name, knownValue(cell) ?? '']),
    );
    const diagnoses = diagnosesOf(metadata);
    const label = Object.hasOwn(diagnoses, value) ? diagnoses[value]! : value;
    if (label !== null && !known.includes(label)) {
      unknown.push({ row, value: oneHot ? value : fields.dx! });
      continue;
    }
    rows.push({
      row,
      imageId,
      label,
      diagnosis: value,
      lesionId: knownValue(fields.lesion_id) ?? null,
      metadata,
    });
  }
  const problems: DataProblem[] = [];
  if (unknown.length > 0) {
    const { row, value } = unknown[0]!;
    problems.push({
      kind: 'unknown-label',
      path,
      row,
      value,
      count: unknown.length,
      known,
    });
  }
  problems.push(...repeatedIds(rows));
  if (problems.length > 0) throw new DataError(problems[0]!, ...problems.slice(1));
  return rows;
}

function tableOf(text: string, path: string): Table {
  try {
    return readTable(text);
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    const { line = null, message } = error;
    throw new DataError({ kind: 'malformed-csv', path, row: line, detail: message });
  }
}

/**
 * The one diagnosis whose column is 1, among those that mean something or, where none of these is, among the others
 * (such as `unk`); what stands there instead where it is not exactly one.
 */
function hotDiagnosis(
  fields: Readonly<Record<string, string>>,
  hotColumns: readonly string[],
  idColumn: string,
): string {
  const values = hotColumns.map((name) => Number(fields[name]!.trim() || Number.NaN));
  const hot = hotColumns.filter((_, k) => values[k] === 1);
  const clean = values.every((value) => value === 0 || value === 1);
  if (hot.length === 1 && clean) return hot[0]!;
  const others = Object.keys(fields).filter(
    (name) => name !== idColumn && !hotColumns.includes(name) && Number(fields[name]) === 1,
  );
  if (hot.length === 0 && clean && others.length === 1) return others[0]!;
  return hotColumns.map((name) => `${name}=${fields[name]}`).join(' ');
}

function repeatedIds(rows: readonly MetadataRow[]): DataProblem[] {
  const first = new Map<string, MetadataRow>();
  const again: MetadataRow[] = [];
  for (const row of rows) {
    if (first.has(row.imageId)) again.push(row);
    else first.set(row.imageId, row);
  }
  const example = again[0];
  if (example === undefined) return [];
  const { imageId } = example;
  return [
    {
      kind: 'duplicate-image-id',
      imageId,
      where: [`row ${first.get(imageId)!.row}`, `row ${example.row}`],
      count: new Set(again.map((row) => row.imageId)).size,
    },
  ];
}
