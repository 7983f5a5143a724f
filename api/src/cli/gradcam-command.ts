import { writeFile } from 'node:fs/promises';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { HEATMAP_METHODS } from '@naevus/shared/network/heatmap-methods';
import { LABELS } from '@naevus/shared/taxonomy';
import { rankedPredictions } from '../answers/prediction-answer.ts';
import { ProblemError } from '../answers/problem-error.ts';
import { gradcamQuerySchema, QUERY_RULES } from '../schemas/request.ts';
import type { Command } from './command.ts';
import { withEngine } from './offline-engine.ts';
import { PATIENT_HELP, PATIENT_OPTIONS, readPatient } from './patient-options.ts';
import { defaultOptions, withPatient } from './prediction-writers.ts';
import { TTA_HELP } from './tta-option.ts';
import { UsageError } from './usage-error.ts';

const HELP = `The heat map of one class over a picture, as a PNG of up to 1024 pixels on its long side.

Usage: naevus gradcam FILE -o OUT.png [--class LABEL] [--alpha A] [--method M] [--legend] [--tta N] [--age A] [--sex S] [--site S] [--model FOLDER]

  -o, --output   where to write it
  --class        ${LABELS.join(', ')} (default: the one with the highest score)
  --alpha        opacity where the map is hottest, 0 to 1 (default 0.5)
  --method       ${HEATMAP_METHODS.join(' (7 x 7, default), ')} (14 x 14, takes five times as long)
  --legend       a colour bar below the picture, with the class in words
  --tta          ${TTA_HELP}
${PATIENT_HELP.replaceAll(/^( {2}--\w+) +/gm, (_, name: string) => name.padEnd(17))}
  --model        folder with current.json, or of one version (default: NAEVUS_MODEL_DIR, else the bundled model)

Exit code: 0; 1 where the picture failed; 2 where nothing could be begun.
`;

export const gradcamCommand: Command = {
  help: HELP,
  options: {
    output: { type: 'string', short: 'o' },
    class: { type: 'string' },
    alpha: { type: 'string' },
    method: { type: 'string' },
    legend: { type: 'boolean' },
    tta: { type: 'string' },
    ...PATIENT_OPTIONS,
    model: { type: 'string' },
  },
  async run(
    { output, class: className, alpha, method, legend, tta, model, ...rest },
    files,
    workers,
  ) {
    const patient = readPatient(rest);
    const [file, ...more] = files;
    if (file === undefined || more.length > 0) {
      throw new UsageError(`gradcam needs one file, not ${files.length} (see --help)`);
    }
    if (output === undefined) throw new UsageError('gradcam needs -o OUT.png (see --help)');
    const query = gradcamQuerySchema.safeParse({ class: className, alpha, method, tta });
    if (!query.success) {
      const names = [...new Set(query.error.issues.map(({ path }) => String(path[0])))];
      throw new UsageError(names.map((name) => `--${name} ${QUERY_RULES[name]}`).join('; '));
    }
    await refuseOverwriting([String(output)], [file]);
    return withEngine(workers, model as string | undefined, async (engine) => {
      try {
        const options = defaultOptions(engine.model, patient);
        const analysis = await engine.analyse(file, {
          tta: query.data.tta,
          heatmap: {
            ...(query.data.class && { label: query.data.class }),
            ...(options.patient && { factors: options.patient.factors }),
            alpha: query.data.alpha,
            method: query.data.method,
            legend: legend === true,
            overlay: 'image',
          },
        });
        const { overlay, label } = analysis.heatmap!;
        await writeFile(String(output), overlay).catch((error: NodeJS.ErrnoException) => {
          throw new UsageError(`${output} cannot be written: ${error.code}`);
        });
        const [top] = rankedPredictions(withPatient(analysis.scores, options), 1);
        const score = `${top!.name} (${top!.label}) ${(100 * top!.score).toFixed(1)} %`;
        process.stderr.write(`${output}: ${label}; highest score: ${score}\n${DISCLAIMER}\n`);
        return 0;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        process.stderr.write(`naevus: ${file}: ${error.message}\n`);
        return 1;
      }
    });
  },
};
