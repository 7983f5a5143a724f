import { describeLeftOut, type LeftOut } from '@naevus/shared/files/find-images';
import { labelHint } from '@naevus/shared/taxonomy/label-hint';
import { taxonomy } from '../../taxonomy/current.ts';

/** What may be wrong with a data set. Rows are lines of the CSV file, the header being row 1. */
export type DataProblem =
  | { readonly kind: 'missing-folder'; readonly path: string }
  | {
      readonly kind: 'missing-metadata';
      /** The file that was asked for, or the folder that was searched. */
      readonly path: string;
      /** CSV files that are there, of which none could be chosen. */
      readonly found: readonly string[];
    }
  | {
      readonly kind: 'malformed-csv';
      readonly path: string;
      readonly row: number | null;
      readonly detail: string;
    }
  | {
      readonly kind: 'missing-column';
      readonly path: string;
      readonly column: string;
      readonly found: readonly string[];
    }
  | {
      readonly kind: 'unknown-label';
      readonly path: string;
      /** The first row at fault. */
      readonly row: number;
      readonly value: string;
      /** Rows at fault. */
      readonly count: number;
      readonly known: readonly string[];
    }
  | {
      readonly kind: 'duplicate-image-id';
      readonly imageId: string;
      /** `row 3` and `row 9`, or the two files' paths. */
      readonly where: readonly string[];
      /** Image ids that stand more than once. */
      readonly count: number;
    }
  | {
      /** The same bytes under one name in two folders, as in Kaggle's archive: one of them is taken. */
      readonly kind: 'repeated-file';
      readonly count: number;
      readonly examples: readonly string[];
    }
  | {
      readonly kind: 'image-without-row';
      readonly count: number;
      /** The first image ids. */
      readonly examples: readonly string[];
    }
  | {
      readonly kind: 'row-without-image';
      readonly count: number;
      readonly examples: readonly string[];
    }
  | {
      readonly kind: 'unreadable-image';
      readonly count: number;
      readonly images: readonly UnreadableImage[];
    }
  | {
      /** Files of the folder that are not read as images. */
      readonly kind: 'left-out-file';
      readonly leftOut: readonly LeftOut[];
    }
  | { readonly kind: 'no-images'; readonly path: string }
  | {
      /** Some rows name a source that is known, others one that is not. */
      readonly kind: 'unknown-source';
      readonly path: string;
      readonly value: string;
      readonly count: number;
      readonly known: readonly string[];
    };

export type DataProblemKind = DataProblem['kind'];

export interface UnreadableImage {
  readonly imageId: string;
  readonly path: string;
  readonly reason: string;
}

/** How many names a problem lists. */
export const LISTED = 5;

/** Data that cannot be used as they are; `kind` is that of the first problem. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly kind: DataProblemKind;
  /** At least one. */
  readonly problems: readonly DataProblem[];

  constructor(first: DataProblem, ...others: DataProblem[]) {
    const problems = [first, ...others];
    super(problems.map(describeProblem).join('\n'));
    this.kind = first.kind;
    this.problems = problems;
  }
}

/** One problem in a sentence or two: what is wrong, where, and what to do. */
export function describeProblem(problem: DataProblem): string {
  switch (problem.kind) {
    case 'missing-folder':
      return `${problem.path} is not a folder that can be read. Give the folder that holds the images.`;
    case 'missing-metadata':
      return problem.found.length === 0
        ? `no metadata: ${problem.path} is not a table and holds none. Give a CSV file with the columns image_id and dx, fields separated by commas, semicolons or tabs.`
        : `${problem.path} holds ${problem.found.length} tables and none is called HAM10000_metadata.csv or metadata.csv: say with --metadata which of ${problem.found.join(', ')} it is.`;
    case 'malformed-csv':
      return `${problem.path}${problem.row === null ? '' : `, row ${problem.row}`}: ${problem.detail}.`;
    case 'missing-column':
      return `${problem.path} has no column ${problem.column}; it has ${problem.found.join(', ') || 'none'}.${columnHint(problem)}`;
    case 'unknown-label':
      return `${problem.path}, row ${problem.row}: the label ${JSON.stringify(problem.value)} is none of ${problem.known.join(', ')}, and the source's definition does not say what it means${problem.count > 1 ? ` (nor are those of ${problem.count - 1} more rows)` : ''}.${labelAdvice(problem.value)}`;
    case 'duplicate-image-id':
      return `the image id ${problem.imageId} stands more than once: ${problem.where.join(' and ')}${problem.count > 1 ? ` (so do ${problem.count - 1} others)` : ''}.`;
    case 'repeated-file':
      return `${problem.count} images lie in two folders with the same bytes, and one of them was taken: ${listed(problem)}.`;
    case 'image-without-row':
      return `${problem.count} images have no row in the metadata: ${listed(problem)}.`;
    case 'row-without-image':
      return `${problem.count} rows of the metadata have no image: ${listed(problem)}.`;
    case 'unreadable-image':
      return `${problem.count} images cannot be read: ${problem.images
        .slice(0, LISTED)
        .map(({ path, reason }) => `${path} (${reason})`)
        .join('; ')}${problem.count > LISTED ? '; ...' : ''}.`;
    case 'left-out-file':
      return `${describeLeftOut(problem.leftOut)}.`;
    case 'no-images':
      return `no image in ${problem.path} has a row in the metadata.`;
    case 'unknown-source':
      return `${problem.path}: ${problem.count} rows are of the source ${JSON.stringify(problem.value)}, which is none of ${problem.known.join(', ')}. Describe it with --source FILE.`;
  }
}

const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  image_id: ['image_name', 'imageid', 'id', 'name', 'file', 'filename', 'file_name', 'img', 'path'],
  dx: ['diagnosis', 'diagnosis_1', 'label', 'class', 'target', 'category', 'disease'],
};

function columnHint({ column, found }: { column: string; found: readonly string[] }): string {
  const other = OTHER_NAMES[column]?.find((name) => found.includes(name));
  return other === undefined ? '' : ` If that is what ${other} holds, call it ${column}.`;
}

function labelAdvice(value: string): string {
  const label = labelHint(value, taxonomy());
  if (label === undefined) {
    const leftOut = JSON.stringify({ [value.trim().toLowerCase()]: null });
    return ` If it is none of the classes, add ${leftOut} to "diagnoses" of the JSON file of --source: such rows are left out and counted. For a class of its own, describe the classes with train --taxonomy.`;
  }
  const mapped = JSON.stringify({ [value.trim().toLowerCase()]: label });
  return ` Does it mean ${label}? Then write ${label}, or add ${mapped} to "diagnoses" of the JSON file of --source.`;
}

function listed({ examples, count }: { examples: readonly string[]; count: number }): string {
  return `${examples.join(', ')}${count > examples.length ? ', ...' : ''}`;
}
