import { once } from 'node:events';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { createProgress } from '@naevus/shared/progress';
import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import type { Analysis, AnalysisOptions } from '../analysis/engine.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { MAX_PHOTOS, type PatientQuery } from '../schemas/request.ts';
import { MAX_SIMILAR } from '../schemas/similar.ts';
import type { Command } from './command.ts';
import { pictureFiles } from './image-files.ts';
import { readLesionList } from './lesion-list.ts';
import { lesionWriter } from './lesion-writer.ts';
import { type OfflineEngine, withEngine } from './offline-engine.ts';
import { PATIENT_HELP, PATIENT_OPTIONS, readPatient } from './patient-options.ts';
import { csvWriter, jsonWriter, type PredictionWriter } from './prediction-writers.ts';
import { readTta, TTA_HELP } from './tta-option.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Scores of files, or of all pictures in folders (.jpg, .jpeg, .png, .webp), on standard output.

Usage: naevus predict FILE|FOLDER… [--format json|csv] [--top-k N] [--tta N] [--similar N]
                      [--model FOLDER]
       naevus predict --lesions CSV …

  --format   json (default): one document with an item a file; csv: a row a file
  --top-k    how many predictions of each file, the likeliest first (json; default ${CLASS_COUNT})
  --tta      ${TTA_HELP}
  --similar  how many of the training lesions that look most like each file to name, 1 to ${MAX_SIMILAR} (json)
${PATIENT_HELP}
  --lesions  a CSV file with the columns image and lesion, and perhaps age, sex and site: one answer a
             lesion to all of its photos (up to ${MAX_PHOTOS}); paths are from the file's folder
  --model    folder with current.json, or of one version (default: NAEVUS_MODEL_DIR, else the bundled model)

A file that fails is an error in its place and does not stop the others.
The variables that configure the server count here, too (naevus serve --help).
Exit code: 0; 1 where a file failed; 2 where nothing could be begun.
`;

export const predictCommand: Command = {
  help: HELP,
  options: {
    format: { type: 'string' },
    'top-k': { type: 'string' },
    tta: { type: 'string' },
    similar: { type: 'string' },
    ...PATIENT_OPTIONS,
    lesions: { type: 'string' },
    model: { type: 'string' },
  },
  async run(
    { format = 'json', 'top-k': topK, tta: views, similar, model, lesions, ...rest },
    paths,
    workers,
  ) {
    const tta = readTta(views);
    const patient = readPatient(rest);
    const query = similar === undefined ? {} : { similar: readSimilar(String(similar)) };
    if (similar !== undefined && (format === 'csv' || lesions !== undefined)) {
      throw new UsageError(
        '--similar goes with --format json and files: nothing else has room for it',
      );
    }
    const topPredictions = readTopK(String(format), topK as string | undefined);
    if (lesions !== undefined && paths.length > 0) {
      throw new UsageError('--lesions names the files itself: leave out the others (see --help)');
    }
    if (lesions === undefined && paths.length === 0) {
      throw new UsageError('predict needs a file or a folder (see --help)');
    }
    const run =
      lesions === undefined
        ? await predictFiles(
            paths,
            chooseWriter(String(format), topPredictions, tta, { ...patient, ...query }),
            { tta, ...query },
          )
        : await predictLesions(String(lesions), format === 'csv', topPredictions, tta, patient);
    const failed = await withEngine(workers, model as string | undefined, run);
    if (format === 'csv') process.stderr.write(`${DISCLAIMER}\n`);
    return failed > 0 ? 1 : 0;
  },
};

function readSimilar(text: string): number {
  const similar = Number(text);
  if (/^\d+$/.test(text) && similar >= 1 && similar <= MAX_SIMILAR) return similar;
  throw new UsageError(`--similar must be a whole number from 1 to ${MAX_SIMILAR}, not ${text}`);
}

/** Work that says how many of its items failed. */
type Run = (engine: OfflineEngine) => Promise<number>;

async function predictFiles(
  paths: readonly string[],
  writer: PredictionWriter,
  options: AnalysisOptions,
): Promise<Run> {
  const files = await pictureFiles(paths);
  return (engine) => predictAll(files, engine, writer, options);
}

async function predictLesions(
  list: string,
  csv: boolean,
  topK: number,
  tta: TtaViews,
  patient: PatientQuery,
): Promise<Run> {
  const lesions = await readLesionList(list);
  return async (engine) => {
    const writer = lesionWriter(engine.model, { csv, topK, tta });
    const progress = lesions.length > 1 ? createProgress('looking at', lesions.length) : undefined;
    let failed = 0;
    await write(writer.begin());
    for (const lesion of lesions) {
      const tooMany = lesion.files.length > MAX_PHOTOS;
      const photos = tooMany
        ? []
        : await Promise.all(lesion.files.map((file) => orProblem(engine.analyse(file, { tta }))));
      const text = writer.lesion(
        { ...lesion, patient: { ...patient, ...known(lesion.patient) } },
        photos,
      );
      if (!text.answered) failed++;
      await write(text.row);
      progress?.advance(1, failed > 0 ? `${failed} failed` : undefined);
    }
    await write(writer.end());
    progress?.done(failed > 0 ? `${failed} failed` : undefined);
    return failed;
  };
}

/** Without what is undefined, so that it does not hide what is known of all. */
function known(patient: PatientQuery): PatientQuery {
  return Object.fromEntries(Object.entries(patient).filter(([, value]) => value !== undefined));
}

function readTopK(format: string, topK: string | undefined): number {
  if (topK !== undefined && !/^[1-7]$/.test(topK)) {
    throw new UsageError(`--top-k must be a whole number from 1 to ${CLASS_COUNT}, not ${topK}`);
  }
  if (format !== 'json' && format !== 'csv') {
    throw new UsageError(`--format must be json or csv, not ${format}`);
  }
  if (format === 'csv' && topK !== undefined) {
    throw new UsageError('--top-k goes with --format json: csv has all');
  }
  return Number(topK ?? CLASS_COUNT);
}

function chooseWriter(
  format: string,
  topK: number,
  tta: TtaViews,
  query: PatientQuery & { readonly similar?: number },
): PredictionWriter {
  return format === 'json' ? jsonWriter(topK, tta, query) : csvWriter(query);
}

/**
 * Looks at the files, as many at once as keep the engine busy, and writes in their order.
 *
 * @returns how many failed
 */
async function predictAll(
  files: readonly string[],
  engine: OfflineEngine,
  writer: PredictionWriter,
  options: AnalysisOptions,
): Promise<number> {
  const progress = files.length > 1 ? createProgress('looking at', files.length) : undefined;
  const pending: Promise<Analysis | ProblemError>[] = [];
  let begun = 0;
  let failed = 0;
  await write(writer.begin(engine.model));
  for (const file of files) {
    while (begun < files.length && pending.length < engine.concurrency) {
      pending.push(orProblem(engine.analyse(files[begun++]!, options)));
    }
    const result = await pending.shift()!;
    if (result instanceof ProblemError) {
      failed++;
      if (progress === undefined) process.stderr.write(`naevus: ${file}: ${result.message}\n`);
    }
    await write(writer.result(file, result));
    progress?.advance(1, failed > 0 ? `${failed} failed` : undefined);
  }
  await write(writer.end());
  progress?.done(failed > 0 ? `${failed} failed` : undefined);
  return failed;
}

/** A file's own problem is its result; a defect ends the work. */
async function orProblem(work: Promise<Analysis>): Promise<Analysis | ProblemError> {
  return work.catch((error: unknown) => {
    if (error instanceof ProblemError) return error;
    throw error;
  });
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
