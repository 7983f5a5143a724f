import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { answerAboutLesion } from '../answers/lesion-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { pairedHeatmap, reportedModel, reportedPhotos } from '../answers/report-content.ts';
import { resolveOptions } from '../answers/resolve-options.ts';
import { withStatedPatient } from '../answers/stated-patient.ts';
import { lesionReport } from '../report/lesion-report.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import { ANY_REQUEST_SCHEMAS, MAX_PHOTOS, type RequestSchemas } from '../schemas/request.ts';
import { orProblem } from './analyse-in-order.ts';
import type { Command } from './command.ts';
import { withEngine } from './offline-engine.ts';
import {
  ANSWER_FLAGS_HELP,
  checkQuery,
  checkQueryOf,
  queryFlags,
  sentByFlags,
} from './query-flags.ts';
import { UsageError } from './usage-error.ts';

const HELP = `A page about one lesion to keep, as PDF: its photos and their heat maps, scores, triage and why, what the model
has not seen, which version answered, and when. It names the files; no scores are on it where no answer is given.

Usage: naevus report FILE… -o OUT.pdf [FLAGS]

  -o, --output       where to write it
${ANSWER_FLAGS_HELP}

Up to ${MAX_PHOTOS} photos of one lesion are answered together.
Exit code: 0; 1 where no photo could be answered; 2 if it could not start.
`;

const querySchema = ({ answer }: RequestSchemas) => answer.omit({ similar: true, top_k: true });
const schema = querySchema(ANY_REQUEST_SCHEMAS);

export const reportCommand: Command = {
  help: HELP,
  options: {
    output: { type: 'string', short: 'o' },
    ...queryFlags(schema),
    model: { type: 'string' },
  },
  async run({ output, model: directory, ...rest }, files, workers) {
    if (files.length === 0 || files.length > MAX_PHOTOS) {
      const detail = `report needs 1 to ${MAX_PHOTOS} photos of one lesion, not ${files.length}`;
      throw new UsageError(`${detail} (see --help)`);
    }
    if (output === undefined) throw new UsageError('report needs -o OUT.pdf (see --help)');
    const sent = sentByFlags(rest, schema);
    const { tta, language = DEFAULT_LANGUAGE, version } = checkQuery(sent, schema);
    await refuseOverwriting([String(output)], files);
    const chosen = { directory: directory as string | undefined, version };
    return withEngine(workers, chosen, async ({ model, open, analyse }) => {
      const query = checkQueryOf(sent, querySchema, model);
      const asked = resolveOptions(query, (name) => sent[name], model);
      try {
        const photos = await Promise.all(files.map((file) => orProblem(open(file))));
        const options = withStatedPatient(asked, query, photos, model);
        const heatmap = pairedHeatmap(model, options);
        const results = await Promise.all(
          photos.map((photo) =>
            photo instanceof ProblemError ? photo : orProblem(analyse(photo, { tta, heatmap })),
          ),
        );
        const answer = answerAboutLesion(
          results,
          model.taxonomy.classes.length,
          model,
          options,
          'none',
        );
        const pdf = await lesionReport({
          ...{ answer, language },
          model: reportedModel(model),
          date: new Date(),
          photos: reportedPhotos(
            results,
            files.map((file) => basename(file)),
          ),
        });
        await writeFile(String(output), pdf).catch((error: NodeJS.ErrnoException) => {
          throw new UsageError(`${output} cannot be written: ${error.code}`);
        });
        for (const [i, result] of results.entries()) {
          if (result instanceof ProblemError) tell(`${files[i]}: ${result.message}`);
        }
        return 0;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        tell(error.message);
        return 1;
      }
    });
  },
};

function tell(line: string): void {
  process.stderr.write(`naevus: ${line}\n`);
}
