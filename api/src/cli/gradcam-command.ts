import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import { createProgress } from '@naevus/shared/progress';
import type * as z from 'zod';
import type { AnalysisOptions } from '../analysis/engine.ts';
import {
  answerAboutImage,
  answerFactors,
  type ImageAnswer,
  modelReference,
} from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { resolveOptions } from '../answers/resolve-options.ts';
import { type StatingFile, withStatedPatient } from '../answers/stated-patient.ts';
import { CATALOGUES } from '../language/catalogues.ts';
import { translateAnswer } from '../language/translate-answer.ts';
import { DEFAULT_LANGUAGE, type Language } from '../schemas/languages.ts';
import { ANY_REQUEST_SCHEMAS, type RequestSchemas } from '../schemas/request.ts';
import { type AnalysedFile, analyseInOrder, analysePath } from './analyse-in-order.ts';
import type { Command } from './command.ts';
import { contactSheet, type SheetEntry } from './contact-sheet.ts';
import { pictureFiles } from './image-files.ts';
import { type OfflineEngine, withEngine } from './offline-engine.ts';
import {
  ANSWER_FLAGS_HELP,
  checkQuery,
  checkQueryOf,
  queryFlags,
  sentByFlags,
} from './query-flags.ts';
import { UsageError } from './usage-error.ts';

/** The page of a folder of heat maps. */
const CONTACT_SHEET = 'contact-sheet.html';

const HELP = `The heat map of one class over a picture, as a PNG of up to 1024 pixels on its long side.

Usage: naevus gradcam FILE -o OUT.png [FLAGS]
       naevus gradcam FILE|FOLDER… -o FOLDER [FLAGS]

  -o, --output       where to write it; of a folder or several files, the folder for a PNG of each, and for
                     ${CONTACT_SHEET}, which shows them all with their answers
  --class            label of a class, as GET /model lists them (default: the one with the highest score)
  --alpha            opacity where the map is hottest, 0 to 1 (default 0.5)
  --method           ${HEATMAP_METHODS.join(' (7 x 7, default), ')} (14 x 14, takes five times as long)
  --legend           a colour bar below the picture, with the class in words
${ANSWER_FLAGS_HELP}

Exit code: 0; 1 where a picture failed; 2 if it could not start.
`;

/** A picture has no room for similar cases. */
const querySchema = ({ gradcam }: RequestSchemas) => gradcam.omit({ similar: true });
const schema = querySchema(ANY_REQUEST_SCHEMAS);

export const gradcamCommand: Command = {
  help: HELP,
  options: {
    output: { type: 'string', short: 'o' },
    ...queryFlags(schema),
    model: { type: 'string' },
  },
  async run({ output, model, ...rest }, paths, workers) {
    if (paths.length === 0) throw new UsageError('gradcam needs a file or a folder (see --help)');
    if (output === undefined)
      throw new UsageError('gradcam needs -o OUT.png, or -o FOLDER (see --help)');
    const sent = sentByFlags(rest, schema);
    const query = checkQuery(sent, schema);
    const directory = model as string | undefined;
    const several = paths.length > 1 || (await isFolder(paths[0]!));
    const files = several ? await pictureFiles(paths, (line) => tell(line)) : paths;
    const maps = several ? mapPaths(files, String(output)) : [String(output)];
    const sheet = join(String(output), CONTACT_SHEET);
    await refuseOverwriting(several ? [...maps, sheet] : maps, files);
    return withEngine(workers, { directory, version: query.version }, async (engine) => {
      const asked = checkQueryOf(sent, querySchema, engine.model);
      const write = mapWriter(engine, asked, (name) => sent[name]);
      if (!several) return writeOne(files[0]!, maps[0]!, engine, write);
      return writeAll(files, maps, { folder: String(output), sheet }, engine, write);
    });
  },
};

type GradcamFlags = z.infer<typeof schema>;

/** What is asked of the engine for each file, and what is said and written of its result. */
interface MapWriter {
  options(file: StatingFile): AnalysisOptions;
  readonly language: Language;
  /** @returns the answer in words; throws ProblemError where it is strict, UsageError where the file cannot be written */
  write(file: AnalysedFile, path: string): Promise<string>;
}

function mapWriter(
  { model }: OfflineEngine,
  { class: label, alpha, method, legend, tta, ...query }: GradcamFlags,
  sent: (name: string) => string | undefined,
): MapWriter {
  const { language = DEFAULT_LANGUAGE } = query;
  const asked = resolveOptions(query, sent, model);
  const optionsFor = (file: StatingFile) => withStatedPatient(asked, query, [file], model);
  const { taxonomy } = model;
  return {
    language,
    options: (file) => ({
      tta,
      heatmap: {
        ...(label && { label }),
        factors: answerFactors(model, optionsFor(file)),
        ...{ alpha, method, legend },
        overlay: 'image',
      },
    }),
    async write({ analysis, ...file }, path) {
      const answer = answerAboutImage(analysis, taxonomy.classes.length, model, optionsFor(file));
      const { overlay, label: explained } = analysis.heatmap!;
      await writeOr(path, overlay);
      return `${explained}; ${describe(translateAnswer(answer, language, taxonomy))}`;
    },
  };
}

async function writeOne(
  file: string,
  map: string,
  engine: OfflineEngine,
  { options, language, write }: MapWriter,
): Promise<number> {
  try {
    const said = await write(await analysePath(file, engine, options), map);
    process.stderr.write(`${map}: ${said}\n${CATALOGUES[language].disclaimer}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    tell(`${file}: ${error.message}`);
    return 1;
  }
}

/** All maps, with a page that shows them together. */
async function writeAll(
  files: readonly string[],
  maps: readonly string[],
  { folder, sheet }: { readonly folder: string; readonly sheet: string },
  engine: OfflineEngine,
  { options, language, write }: MapWriter,
): Promise<number> {
  const progress = createProgress('explaining', files.length);
  const entries: SheetEntry[] = [];
  let failed = 0;
  for await (const [file, result] of analyseInOrder(files, engine, options)) {
    const map = maps[entries.length]!;
    await mkdir(dirname(map), { recursive: true }).catch(notWritten(dirname(map)));
    const text =
      result instanceof ProblemError ? result : await write(result, map).catch(problemOnly);
    if (text instanceof ProblemError) {
      failed++;
      entries.push({ file, text: text.message });
    } else entries.push({ file, map: relative(folder, map), text });
    progress.advance(1, failed > 0 ? `${failed} failed` : undefined);
  }
  progress.done(failed > 0 ? `${failed} failed` : undefined);
  const { disclaimer } = CATALOGUES[language];
  await writeOr(sheet, contactSheet(entries, modelReference(engine.model), disclaimer, language));
  process.stderr.write(`${sheet}: ${files.length - failed} heat maps\n${disclaimer}\n`);
  return failed > 0 ? 1 : 0;
}

/** A PNG for each file, in folders as the files lie below the folder that they share. */
function mapPaths(files: readonly string[], output: string): string[] {
  const folders = files.map((file) => dirname(resolve(file)).split(sep));
  const [first = []] = folders;
  const shared = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  const root = first.slice(0, shared < 0 ? first.length : shared).join(sep) || sep;
  return files.map((file) => join(output, `${relative(root, resolve(file))}.png`));
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

async function writeOr(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(path, content).catch(notWritten(path));
}

/** @throws UsageError */
function notWritten(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new UsageError(`${path} cannot be written: ${error.code}`);
  };
}

function problemOnly(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  throw error;
}

function tell(line: string): void {
  process.stderr.write(`naevus: ${line}\n`);
}

/** The answer in a few words: where it abstains, why, and no score. */
function describe({ predictions, assessment, prediction_set }: ImageAnswer): string {
  const reasons = assessment?.reasons.map(({ text }) => `\n  ${text}`).join('') ?? '';
  if (assessment?.abstained)
    return `no answer for this picture${assessment.triage === null ? '' : ` (${assessment.triage})`}${reasons}`;
  const [top] = predictions;
  const score = `highest score: ${top!.name} (${top!.label}) ${percent(top!.score)}`;
  if (assessment === undefined) return score;
  const { malignant_score, triage } = assessment;
  const malignant =
    malignant_score === null ? '' : `; malignant score ${percent(malignant_score)}: ${triage}`;
  const set = prediction_set ? `; cannot be excluded: ${prediction_set.labels.join(', ')}` : '';
  return `${score}${malignant}${set}${reasons}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
