import { decodeText } from '@naevus/shared/csv/decode-text';
import { knownValue } from '@naevus/shared/csv/missing-value';
import { readTable, type Table, TableError } from '@naevus/shared/csv/read-table';
import { misspeltNames } from '@naevus/shared/validation/nearest-name';
import {
  ANY_REQUEST_SCHEMAS,
  MAX_PHOTOS,
  type PatientQuery,
  patientQuerySchema,
} from '../schemas/request.ts';
import { ProblemError } from './problem-error.ts';

/** A lesion of a table: its photos and what is known of the patient. */
export interface TabledLesion {
  readonly lesion: string;
  /** As they are in the table. */
  readonly images: readonly string[];
  readonly patient: PatientQuery;
}

/** What is wrong with a table, to be told to the person who made it. */
export class LesionTableError extends Error {
  override readonly name = 'LesionTableError';
}

/** Cells by column; undefined where the value is missing. */
type Row = Readonly<Record<string, string | undefined>>;

const PATIENT_COLUMNS = ['age', 'sex', 'site'] as const;

/**
 * Reads a table as {@link readTable} does, with the columns `image` and `lesion`, and perhaps `age`, `sex` and `site`,
 * a row an image.
 *
 * @param name what the table is called in a message
 * @returns the lesions in the order of their first row
 * @throws LesionTableError where a column is missing, or a value is not understood
 */
export function readLesionTable(bytes: Uint8Array, name: string): TabledLesion[] {
  const lesions = new Map<string, { images: string[]; row: Row }>();
  for (const { line, cells } of parseTable(bytes, name).rows) {
    const at = `${name}, row ${line}`;
    const row: Row = Object.fromEntries(
      Object.entries(cells).map(([column, cell]) => [column, knownValue(cell)]),
    );
    const { image, lesion } = row;
    if (image === undefined || lesion === undefined) {
      throw new LesionTableError(`${at} lacks an image or a lesion`);
    }
    const known = lesions.get(lesion);
    if (known === undefined) {
      lesions.set(lesion, { images: [image], row });
      continue;
    }
    const changed = PATIENT_COLUMNS.find((column) => row[column] !== known.row[column]);
    if (changed) {
      throw new LesionTableError(`${at}: lesion ${lesion} has another ${changed} before`);
    }
    known.images.push(image);
  }
  if (lesions.size === 0) throw new LesionTableError(`${name} has no rows`);
  return [...lesions].map(([lesion, { images, row }]) => ({
    lesion,
    images,
    patient: readPatient(row, `${name}, lesion ${lesion}`),
  }));
}

/** What is said of a lesion that has more photos than are answered together. */
export function tooManyPhotos({ images }: TabledLesion): ProblemError | undefined {
  if (images.length <= MAX_PHOTOS) return undefined;
  const detail = `${images.length} photos are listed; a lesion may have ${MAX_PHOTOS}`;
  return new ProblemError('too-many-images', detail);
}

function readPatient(row: Row, at: string): PatientQuery {
  const said = Object.fromEntries(PATIENT_COLUMNS.map((column) => [column, row[column]]));
  const result = patientQuerySchema.safeParse(said);
  if (result.success) return result.data;
  const columns = [...new Set(result.error.issues.map(({ path }) => String(path[0])))];
  const faults = columns.map(
    (column) => `${column} ${ANY_REQUEST_SCHEMAS.rules[column]}, not ${row[column]}`,
  );
  throw new LesionTableError(`${at}: ${faults.join('; ')}`);
}

function parseTable(bytes: Uint8Array, name: string): Table {
  let table: Table;
  try {
    table = readTable(decodeText(bytes));
  } catch (error) {
    if (error instanceof TypeError) throw new LesionTableError(`${name} is not UTF-8 text`);
    if (!(error instanceof TableError)) throw error;
    const at = error.line === undefined ? '' : `, row ${error.line}`;
    throw new LesionTableError(`${name}${at} is not CSV: ${error.message}`);
  }
  const absent = ['image', 'lesion', ...PATIENT_COLUMNS].filter(
    (column) => !table.columns.includes(column),
  );
  const misspelt = misspeltNames(table.columns, absent, 'column');
  if (misspelt.length > 0) throw new LesionTableError(`${name}: ${misspelt.join('; ')}`);
  const missing = ['image', 'lesion'].find((column) => absent.includes(column));
  if (missing) throw new LesionTableError(`${name} has no column "${missing}"`);
  return table;
}
