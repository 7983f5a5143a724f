import { once } from 'node:events';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import { createProgress } from '@naevus/shared/progress';
import { CLASS_COUNT } from '@naevus/shared/taxonomy';
import type { Analysis, AnalysisOptions } from '../analysis/engine.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { MAX_SIMILAR } from '../schemas/similar.ts';
import type { Command } from './command.ts';
import { pictureFiles } from './image-files.ts';
import { type OfflineEngine, withEngine } from './offline-engine.ts';
import { csvWriter, jsonWriter, type PredictionWriter } from './prediction-writers.ts';
import { readTta, TTA_HELP } from './tta-option.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Scores of files, or of all pictures in folders (.jpg, .jpeg, .png, .webp), on standard output.

Usage: naevus predict FILE|FOLDER… [--format json|csv] [--top-k N] [--tta N] [--similar N]
                      [--model FOLDER]

  --format   json (default): one document with an item a file; csv: a row a file
  --top-k    how many predictions of each file, the likeliest first (json; default ${CLASS_COUNT})
  --tta      ${TTA_HELP}
  --similar  how many of the training lesions that look most like each file to name, 1 to ${MAX_SIMILAR} (json)
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
    model: { type: 'string' },
  },
  async run({ format = 'json', 'top-k': topK, tta: views, similar, model }, paths, workers) {
    const tta = readTta(views);
    const query = similar === undefined ? {} : { similar: readSimilar(String(similar)) };
    const writer = chooseWriter(String(format), topK as string | undefined, tta, query);
    if (paths.length === 0) throw new UsageError('predict needs a file or a folder (see --help)');
    const files = await pictureFiles(paths);
    const failed = await withEngine(workers, model as string | undefined, (engine) =>
      predictAll(files, engine, writer, { tta, ...query }),
    );
    if (format === 'csv') process.stderr.write(`${DISCLAIMER}\n`);
    return failed > 0 ? 1 : 0;
  },
};

function readSimilar(text: string): number {
  const similar = Number(text);
  if (/^\d+$/.test(text) && similar >= 1 && similar <= MAX_SIMILAR) return similar;
  throw new UsageError(`--similar must be a whole number from 1 to ${MAX_SIMILAR}, not ${text}`);
}

function chooseWriter(
  format: string,
  topK: string | undefined,
  tta: TtaViews,
  query: { readonly similar?: number },
): PredictionWriter {
  if (topK !== undefined && !/^[1-7]$/.test(topK)) {
    throw new UsageError(`--top-k must be a whole number from 1 to ${CLASS_COUNT}, not ${topK}`);
  }
  if (format === 'json') return jsonWriter(Number(topK ?? CLASS_COUNT), tta, query);
  if (format !== 'csv') throw new UsageError(`--format must be json or csv, not ${format}`);
  if (topK !== undefined) throw new UsageError('--top-k goes with --format json: csv has all');
  if (query.similar !== undefined) {
    throw new UsageError('--similar goes with --format json: csv has no room for it');
  }
  return csvWriter();
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
