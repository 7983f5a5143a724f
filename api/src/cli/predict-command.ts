import { once } from 'node:events';
import { createProgress } from '@naevus/shared/progress';
import type { AnalysisOptions } from '../analysis/engine.ts';
import { CATALOGUES } from '../language/catalogues.ts';
import { ANY_REQUEST_SCHEMAS, MAX_PHOTOS } from '../schemas/request.ts';
import { MAX_SIMILAR } from '../schemas/similar.ts';
import { analyseInOrder, analysePath, orProblem } from './analyse-in-order.ts';
import type { Command } from './command.ts';
import { PICTURE_EXTENSIONS, pictureFiles } from './image-files.ts';
import { readLesionList } from './lesion-list.ts';
import { lesionWriter } from './lesion-writer.ts';
import { type OfflineEngine, withEngine } from './offline-engine.ts';
import {
  type AskedFlags,
  askedFlags,
  askedOf,
  csvWriter,
  jsonWriter,
  optionsOf,
} from './prediction-writers.ts';
import { ANSWER_FLAGS_HELP, queryFlags, sentByFlags } from './query-flags.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Scores of files, or of all pictures in folders, on standard output. Pictures in folders end in
${PICTURE_EXTENSIONS.join(', ')}; links are followed. What else is there is counted and
named on standard error.

Usage: naevus predict FILE|FOLDER… [FLAGS]
       naevus predict --lesions CSV [FLAGS]

  --format           json (default): one document with an item a file; csv: a row a file
  --top-k            how many predictions of each file, the likeliest first (json; default: of all classes)
  --similar          how many of the training lesions that look most like each file to name, 1 to ${MAX_SIMILAR} (json)
${ANSWER_FLAGS_HELP}
  --lesions          a CSV file with the columns image and lesion, and perhaps age, sex and site: one answer
                     a lesion to all of its photos (up to ${MAX_PHOTOS}); paths are from the file's folder

A file that fails is an error in its place and does not stop the others.
The variables that configure the server count here, too (naevus serve --help).
Exit code: 0; 1 where a file failed; 2 if it could not start.
`;

export const predictCommand: Command = {
  help: HELP,
  options: {
    format: { type: 'string' },
    ...queryFlags(ANY_REQUEST_SCHEMAS.answer),
    lesions: { type: 'string' },
    model: { type: 'string' },
  },
  async run({ format = 'json', model, lesions, ...rest }, paths, workers) {
    const asked = askedFlags(sentByFlags(rest, ANY_REQUEST_SCHEMAS.answer));
    const csv = readFormat(String(format), asked);
    if (lesions !== undefined && paths.length > 0) {
      throw new UsageError('--lesions names the files itself: leave out the others (see --help)');
    }
    if (lesions === undefined && paths.length === 0) {
      throw new UsageError('predict needs a file or a folder (see --help)');
    }
    const run =
      lesions === undefined
        ? await predictFiles(paths, csv, asked)
        : await predictLesions(String(lesions), csv, asked);
    const { version, language = 'en' } = asked.query;
    const directory = model as string | undefined;
    const failed = await withEngine(workers, { directory, version }, run);
    if (csv) process.stderr.write(`${CATALOGUES[language].disclaimer}\n`);
    return failed > 0 ? 1 : 0;
  },
};

/** @returns whether it is CSV */
function readFormat(format: string, { sent }: AskedFlags): boolean {
  if (format !== 'json' && format !== 'csv') {
    throw new UsageError(`--format must be json or csv, not ${format}`);
  }
  if (format === 'csv' && sent.top_k !== undefined) {
    throw new UsageError('--top-k goes with --format json: csv has all');
  }
  if (format === 'csv' && sent.similar !== undefined) {
    throw new UsageError('--similar goes with --format json: csv has no room for it');
  }
  return format === 'csv';
}

/** Work that says how many of its items failed. */
type Run = (engine: OfflineEngine) => Promise<number>;

/** Looks at the files, as many at once as keep the engine busy, and writes in their order. */
async function predictFiles(
  paths: readonly string[],
  csv: boolean,
  flags: AskedFlags,
): Promise<Run> {
  const files = await pictureFiles(paths, (line) => process.stderr.write(`naevus: ${line}\n`));
  return async (engine) => {
    const asked = askedOf(flags, engine.model);
    const writer = (csv ? csvWriter : jsonWriter)(asked, engine.model);
    const options = analysisOptions(asked, engine);
    const progress = files.length > 1 ? createProgress('looking at', files.length) : undefined;
    let failed = 0;
    await write(writer.begin());
    for await (const [file, result] of analyseInOrder(files, engine, options)) {
      const { text, problem } = writer.result(file, result);
      if (problem) {
        failed++;
        if (progress === undefined) process.stderr.write(`naevus: ${file}: ${problem.message}\n`);
      }
      await write(text);
      progress?.advance(1, failed > 0 ? `${failed} failed` : undefined);
    }
    await write(writer.end());
    progress?.done(failed > 0 ? `${failed} failed` : undefined);
    return failed;
  };
}

async function predictLesions(list: string, csv: boolean, flags: AskedFlags): Promise<Run> {
  const lesions = await readLesionList(list);
  return async (engine) => {
    const asked = askedOf(flags, engine.model);
    const writer = lesionWriter(csv, asked, engine.model);
    const options = analysisOptions(asked, engine);
    const progress = lesions.length > 1 ? createProgress('looking at', lesions.length) : undefined;
    let failed = 0;
    await write(writer.begin());
    for (const lesion of lesions) {
      const tooMany = lesion.files.length > MAX_PHOTOS;
      const photos = tooMany
        ? []
        : await Promise.all(
            lesion.files.map((file) => orProblem(analysePath(file, engine, options))),
          );
      const { text, problem } = writer.lesion(lesion, photos);
      if (problem) failed++;
      await write(text);
      progress?.advance(1, failed > 0 ? `${failed} failed` : undefined);
    }
    await write(writer.end());
    progress?.done(failed > 0 ? `${failed} failed` : undefined);
    return failed;
  };
}

function analysisOptions(asked: AskedFlags, { model }: OfflineEngine): AnalysisOptions {
  const { similar } = optionsOf(asked, model);
  return { tta: asked.query.tta, ...(similar !== undefined && { similar }) };
}

async function write(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
