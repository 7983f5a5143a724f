import { isDeepStrictEqual } from 'node:util';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { checkSchema } from '@naevus/shared/validation/check-schema';
import { digest } from '../data/json-digest.ts';
import { type TrainingConfig, trainingConfigSchema } from './config/training-config.ts';

/** What a run is of: a checkpoint is resumed only by the run that wrote it. */
export interface RunIdentity {
  readonly config: TrainingConfig;
  readonly dataSha256: string;
  readonly initialWeights: string;
  /** What taught, where something did. */
  readonly teacher?: string;
  /** What is told apart, where it is not HAM10000's classes. */
  readonly taxonomy?: Taxonomy;
  /** Image ids of the split's validation side. */
  readonly validation: readonly string[];
}

/**
 * Digest of a run's identity.
 *
 * @param config the configuration as it stands in a file, where that is of another version of the program
 *   and so may lack fields that have come since.
 */
export function runDigest(
  { dataSha256, initialWeights, validation, teacher, taxonomy, ...own }: RunIdentity,
  config: unknown = own.config,
): string {
  // Left out where there is none, so that checkpoints from before there were teachers or taxonomies keep their digest.
  return digest({
    config,
    data: dataSha256,
    weights: initialWeights,
    split: validation,
    teacher,
    ...(taxonomy && { taxonomy }),
  });
}

/**
 * Fields in which a stored configuration differs, as paths; none where it means the same. Both are compared
 * with every default filled in, so that one written before a field existed still equals its default.
 */
export function configDifferences(stored: unknown, config: TrainingConfig): string[] {
  const { data, faults } = checkSchema(trainingConfigSchema, stored, 'the configuration');
  return faults === undefined ? differences(data, config, '') : [...faults];
}

function differences(a: unknown, b: unknown, path: string): string[] {
  if (isDeepStrictEqual(a, b)) return [];
  const [left, right] = [fields(a), fields(b)];
  if (!left || !right) return [path];
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].flatMap((key) =>
    differences(left[key], right[key], path === '' ? key : `${path}.${key}`),
  );
}

function fields(value: unknown): Readonly<Record<string, unknown>> | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : null;
}
