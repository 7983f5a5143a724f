import { writeFile } from 'node:fs/promises';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import { CLASS_COUNT, LABELS } from '@naevus/shared/taxonomy';
import { answerAboutImage, answerFactors, type ImageAnswer } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { resolveOptions } from '../answers/resolve-options.ts';
import { caveatsIn, translateAnswer } from '../language/translate-answer.ts';
import { gradcamQuerySchema } from '../schemas/request.ts';
import type { Command } from './command.ts';
import { withEngine } from './offline-engine.ts';
import { ANSWER_FLAGS_HELP, checkQuery, queryFlags, sentByFlags } from './query-flags.ts';
import { UsageError } from './usage-error.ts';

const HELP = `The heat map of one class over a picture, as a PNG of up to 1024 pixels on its long side.

Usage: naevus gradcam FILE -o OUT.png [FLAGS]

  -o, --output       where to write it
  --class            ${LABELS.join(', ')} (default: the one with the highest score)
  --alpha            opacity where the map is hottest, 0 to 1 (default 0.5)
  --method           ${HEATMAP_METHODS.join(' (7 x 7, default), ')} (14 x 14, takes five times as long)
  --legend           a colour bar below the picture, with the class in words
${ANSWER_FLAGS_HELP}

Exit code: 0; 1 where the picture failed; 2 if it could not start.
`;

/** A picture has no room for similar cases; the patient is said by the other flags. */
const schema = gradcamQuerySchema.omit({ similar: true, patient: true });

export const gradcamCommand: Command = {
  help: HELP,
  options: {
    output: { type: 'string', short: 'o' },
    ...queryFlags(schema),
    model: { type: 'string' },
  },
  async run({ output, model, ...rest }, files, workers) {
    const [file, ...more] = files;
    if (file === undefined || more.length > 0) {
      throw new UsageError(`gradcam needs one file, not ${files.length} (see --help)`);
    }
    if (output === undefined) throw new UsageError('gradcam needs -o OUT.png (see --help)');
    const sent = sentByFlags(rest, schema);
    const { class: label, alpha, method, legend, tta, ...query } = checkQuery(sent, schema);
    const { language = 'en', version } = query;
    const directory = model as string | undefined;
    await refuseOverwriting([String(output)], [file]);
    return withEngine(workers, { directory, version }, async (engine) => {
      const options = resolveOptions(query, (name) => sent[name], engine.model);
      try {
        const analysis = await engine.analyse(file, {
          tta,
          heatmap: {
            ...(label && { label }),
            factors: answerFactors(engine.model, options),
            ...{ alpha, method, legend },
            overlay: 'image',
          },
        });
        const answer = answerAboutImage(analysis, CLASS_COUNT, engine.model, options);
        const { overlay, label: explained } = analysis.heatmap!;
        await writeFile(String(output), overlay).catch((error: NodeJS.ErrnoException) => {
          throw new UsageError(`${output} cannot be written: ${error.code}`);
        });
        const said = describe(translateAnswer(answer, language));
        const { disclaimer } = caveatsIn(language);
        process.stderr.write(`${output}: ${explained}; ${said}\n${disclaimer}\n`);
        return 0;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        process.stderr.write(`naevus: ${file}: ${error.message}\n`);
        return 1;
      }
    });
  },
};

/** The answer in a few words: where it abstains, why, and no score. */
function describe({ predictions, assessment, prediction_set }: ImageAnswer): string {
  const reasons = assessment?.reasons.map(({ text }) => `\n  ${text}`).join('') ?? '';
  if (assessment?.abstained) return `no answer for this picture (${assessment.triage})${reasons}`;
  const [top] = predictions;
  const score = `highest score: ${top!.name} (${top!.label}) ${percent(top!.score)}`;
  if (assessment === undefined) return score;
  const malignant = `malignant score ${percent(assessment.malignant_score)}: ${assessment.triage}`;
  const set = prediction_set ? `; cannot be excluded: ${prediction_set.labels.join(', ')}` : '';
  return `${score}; ${malignant}${set}${reasons}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
