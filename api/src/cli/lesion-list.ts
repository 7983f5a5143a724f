import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { decodeText } from '@naevus/shared/csv/decode-text';
import { knownValue } from '@naevus/shared/csv/missing-value';
import { readTable, type Table, TableError } from '@naevus/shared/csv/read-table';
import { misspeltNames } from '@naevus/shared/validation/nearest-name';
import { type PatientQuery, patientQuerySchema } from '../schemas/request.ts';
import { checkQuery } from './query-flags.ts';
import { UsageError } from './usage-error.ts';

/** A lesion, its photos and what is known of the patient. */
export interface ListedLesion {
  readonly lesion: string;
  /** Paths as they are in the list. */
  readonly images: readonly string[];
  /** The same, from the list's own folder. */
  readonly files: readonly string[];
  readonly patient: PatientQuery;
}

/** Cells by column; undefined where the value is missing. */
type Row = Readonly<Record<string, string | undefined>>;

const PATIENT_COLUMNS = ['age', 'sex', 'site'] as const;

/**
 * Reads a table as {@link readTable} does, with the columns `image` and `lesion`, and perhaps `age`, `sex` and `site`,
 * a row an image. Paths are from the file's own folder.
 *
 * @returns the lesions in the order of their first row
 * @throws UsageError when the file cannot be read, a column is missing, or a value is not understood
 */
export async function readLesionList(path: string): Promise<ListedLesion[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${error.code}`);
  });
  const folder = dirname(path);
  const lesions = new Map<string, { images: string[]; row: Row }>();
  for (const { line, cells } of parseTable(bytes, path).rows) {
    const at = `${path}, row ${line}`;
    const row: Row = Object.fromEntries(
      Object.entries(cells).map(([name, cell]) => [name, knownValue(cell)]),
    );
    const { image, lesion } = row;
    if (image === undefined || lesion === undefined) {
      throw new UsageError(`${at} lacks an image or a lesion`);
    }
    const known = lesions.get(lesion);
    if (known === undefined) {
      lesions.set(lesion, { images: [image], row });
      continue;
    }
    const changed = PATIENT_COLUMNS.find((name) => row[name] !== known.row[name]);
    if (changed) throw new UsageError(`${at}: lesion ${lesion} has another ${changed} before`);
    known.images.push(image);
  }
  if (lesions.size === 0) throw new UsageError(`${path} has no rows`);
  return [...lesions].map(([lesion, { images, row }]) => ({
    lesion,
    images,
    files: images.map((image) => resolve(folder, image)),
    patient: checkQuery(
      Object.fromEntries(PATIENT_COLUMNS.map((name) => [name, row[name]])),
      patientQuerySchema,
      (name) => `${path}, lesion ${lesion}: ${name}`,
    ),
  }));
}

function parseTable(bytes: Uint8Array, path: string): Table {
  let table: Table;
  try {
    table = readTable(decodeText(bytes));
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${path} is not UTF-8 text`);
    if (!(error instanceof TableError)) throw error;
    const at = error.line === undefined ? '' : `, row ${error.line}`;
    throw new UsageError(`${path}${at} is not CSV: ${error.message}`);
  }
  const absent = ['image', 'lesion', ...PATIENT_COLUMNS].filter(
    (name) => !table.columns.includes(name),
  );
  const misspelt = misspeltNames(table.columns, absent, 'column');
  if (misspelt.length > 0) throw new UsageError(`${path}: ${misspelt.join('; ')}`);
  const missing = ['image', 'lesion'].find((name) => absent.includes(name));
  if (missing) throw new UsageError(`${path} has no column "${missing}"`);
  return table;
}
