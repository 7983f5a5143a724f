import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import type { Analysis } from '../analysis/engine.ts';
import { LIMITS } from '../answers/limits.ts';
import { answerAboutImage, averagedViews, modelReference } from '../answers/prediction-answer.ts';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import type { ProblemError } from '../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions } from '../answers/resolve-options.ts';
import type { ModelFolder } from '../runtime/node/models/model-folder.ts';
import type { Problem } from '../schemas/problem.ts';
import { predictQuerySchema } from '../schemas/request.ts';

/** Writes results one after another, as they come. */
export interface PredictionWriter {
  begin(model: ModelFolder): string;
  result(file: string, result: Analysis | ProblemError): string;
  end(): string;
}

/** One document: `model`, `prior`, `tta` where it is not 1, `results` with one item a file, `limits`, `disclaimer`. */
export function jsonWriter(
  topK: number,
  tta: TtaViews,
  query: { readonly similar?: number } = {},
): PredictionWriter {
  let first = true;
  let served: ModelFolder;
  let options: AnswerOptions;
  return {
    begin(model) {
      served = model;
      options = resolveOptions(
        { ...predictQuerySchema.parse({}), ...query },
        () => undefined,
        model,
      );
      const head = JSON.stringify({
        model: modelReference(model),
        prior: options.prior,
        ...averagedViews(tta),
      });
      return `${head.slice(0, -1)},"results":[`;
    },
    result(file, result) {
      const answer = isAnalysis(result)
        ? answerAboutImage(result, topK, served, options)
        : { error: problemOf(result) };
      const separator = first ? '\n' : ',\n';
      first = false;
      return separator + JSON.stringify({ file, ...answer });
    },
    end: () => `\n],${JSON.stringify({ limits: LIMITS, disclaimer: DISCLAIMER }).slice(1)}\n`,
  };
}

/** A row a file, as {@link PredictionCsv} has it. */
export function csvWriter(): PredictionWriter {
  const csv = new PredictionCsv('file');
  return {
    begin: () => csv.header,
    result: (file, result) =>
      isAnalysis(result) ? csv.predicted(file, result.scores) : csv.failed(file, result.message),
    end: () => '',
  };
}

function isAnalysis(result: Analysis | ProblemError): result is Analysis {
  return 'scores' in result;
}

/** What RFC 9457 has of it that means something without a request. */
function problemOf(error: ProblemError): Pick<Problem, 'type' | 'title' | 'detail'> {
  const { type, title, detail } = error.document('none');
  return { type, title, detail };
}
