import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
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

const PATIENT_COLUMNS = ['age', 'sex', 'site'] as const;

/**
 * Reads a CSV file with the columns `image` and `lesion`, and perhaps `age`, `sex` and `site`, a row an
 * image. Paths are from the file's own folder.
 *
 * @returns the lesions in the order of their first row
 * @throws UsageError when the file cannot be read, a column is missing, or a value is not understood
 */
export async function readLesionList(path: string): Promise<ListedLesion[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read: ${error.code}`);
  });
  const folder = dirname(path);
  const lesions = new Map<string, { images: string[]; row: Record<string, string> }>();
  for (const [i, row] of parseRows(text, path).entries()) {
    // The header is row 1.
    const at = `${path}, row ${i + 2}`;
    const { image = '', lesion = '' } = row;
    if (image === '' || lesion === '') throw new UsageError(`${at} lacks an image or a lesion`);
    const known = lesions.get(lesion);
    if (known === undefined) {
      lesions.set(lesion, { images: [image], row });
      continue;
    }
    const changed = PATIENT_COLUMNS.find((name) => (row[name] ?? '') !== (known.row[name] ?? ''));
    if (changed) throw new UsageError(`${at}: lesion ${lesion} has another ${changed} before`);
    known.images.push(image);
  }
  if (lesions.size === 0) throw new UsageError(`${path} has no rows`);
  return [...lesions].map(([lesion, { images, row }]) => ({
    lesion,
    images,
    files: images.map((image) => resolve(folder, image)),
    patient: checkQuery(
      Object.fromEntries(PATIENT_COLUMNS.map((name) => [name, row[name] || undefined])),
      patientQuerySchema,
      (name) => `${path}, lesion ${lesion}: ${name}`,
    ),
  }));
}

function parseRows(text: string, path: string): Record<string, string>[] {
  let rows: Record<string, string>[];
  try {
    rows = parse(text, {
      bom: true,
      skip_empty_lines: true,
      columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
      trim: true,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${path} is not CSV: ${error.message}`);
  }
  const [first] = rows;
  const missing = ['image', 'lesion'].find((name) => first && !(name in first));
  if (missing) throw new UsageError(`${path} has no column "${missing}"`);
  return rows;
}
