import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { readTaxonomy, TaxonomyError } from '@naevus/shared/taxonomy/read-taxonomy';
import { z } from 'zod';
import { readJson } from '../../files/json-file.ts';
import { useTaxonomy } from '../../taxonomy/current.ts';

/** What `--help` says of `--taxonomy`. */
export const TAXONOMY_HELP = `--taxonomy FILE  JSON that describes the classes: labels in the order of the outputs, names, risks, critical classes
                 (default: HAM10000's, shared/src/taxonomy/ham10000.json, which is an example to copy)`;

/**
 * The classes that `--taxonomy` describes are those that the process works on.
 *
 * @throws Error that names the file and every fault in it
 */
export async function useTaxonomyFile(file: string | undefined): Promise<void> {
  if (file === undefined) return useTaxonomy(HAM10000, 'the default');
  const json = await readJson(file, z.unknown());
  try {
    useTaxonomy(readTaxonomy(json), file);
  } catch (error) {
    if (!(error instanceof TaxonomyError)) throw error;
    throw new Error(`--taxonomy ${file}: ${error.message}`, { cause: error });
  }
}
