import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { z } from 'zod';
import { type Split, splitSchema } from '../data/split/split-schema.ts';
import { parseJson } from '../files/json-file.ts';
import { efficientNetB0 } from '../network/architecture.ts';
import { checkParameters, type Parameters } from '../network/parameters.ts';
import { readSafetensors } from '../network/safetensors.ts';
import { classCount, labels, useTaxonomy } from '../taxonomy/current.ts';
import { type ClassWeights, classWeightReport, classWeightsSchema } from './class-weights.ts';
import { trainingConfigSchema } from './config/training-config.ts';
import { type History, historySchema } from './history.ts';
import { RUN_FILES, type RunRecord, runRecordSchema } from './run-record.ts';

/** Everything of a finished run that evaluation and export need. */
export interface FinishedRun {
  readonly record: RunRecord;
  readonly parameters: Parameters;
  readonly split: Split;
  readonly classWeights: ClassWeights;
  readonly history: History;
  /** The reports among its files as they lie there, by {@link RUN_FILES} name. */
  readonly reports: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a run's folder and checks that it is whole.
 *
 * @throws Error that says which file is missing or does not fit.
 */
export async function readFinishedRun(folder: string): Promise<FinishedRun> {
  const reports = new Map<string, Uint8Array>();
  const json = async <T>(name: string, schema: z.ZodType<T>): Promise<T> => {
    const path = join(folder, name);
    const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(
        name === RUN_FILES.record
          ? `${folder} is not a finished run: it has no ${name}. Finish it with: npm run train -- --resume`
          : `${folder} is not whole: ${name} cannot be read (${cause.code ?? cause.message})`,
        { cause },
      );
    });
    reports.set(name, bytes);
    return parseJson(new TextDecoder().decode(bytes), path, schema);
  };
  const record = await json(RUN_FILES.record, runRecordSchema);
  useTaxonomy(record.taxonomy ?? HAM10000, folder);
  requireClasses(record, folder);
  const split = await json(RUN_FILES.split, splitSchema);
  const classWeights = await currentClassWeights(
    folder,
    await json(RUN_FILES.classWeights, classWeightsSchema),
  );
  const history = await json(RUN_FILES.history, historySchema);
  if (split.data_sha256 !== record.dataSha256) {
    throw new Error(
      `${folder} does not fit together: ${RUN_FILES.split} and ${RUN_FILES.record} name different data`,
    );
  }
  const weightsFile = join(folder, RUN_FILES.weights);
  const parameters = await readSafetensors(weightsFile);
  try {
    checkParameters(parameters, efficientNetB0());
  } catch (cause) {
    throw new Error(`${weightsFile}: ${(cause as Error).message}`, { cause });
  }
  return { record, parameters, split, classWeights, history, reports };
}

/** @throws Error when the record's figures are not of its classes */
function requireClasses({ prior, calibration }: RunRecord, folder: string): void {
  const named = Object.keys(prior);
  const fits = named.length === classCount() && labels().every((label) => named.includes(label));
  if (fits && calibration.logitBias.length === classCount()) return;
  throw new Error(
    `${folder} does not fit together: ${RUN_FILES.record} has figures of ${named.join(', ')}, and its classes are ${labels().join(', ')}`,
  );
}

/** The report as this version of the program makes it, where the run's configuration still reads. */
async function currentClassWeights(folder: string, kept: ClassWeights): Promise<ClassWeights> {
  const text = await readFile(join(folder, RUN_FILES.config), 'utf8').catch(() => null);
  if (text === null) return kept;
  const config = parseJson(text, join(folder, RUN_FILES.config), z.unknown());
  const parsed = trainingConfigSchema.safeParse(config);
  if (!parsed.success) return kept;
  return classWeightReport(kept.counts, parsed.data.fineTuning ?? parsed.data.head);
}
