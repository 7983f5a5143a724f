import { withFactors } from '@naevus/shared/answer/patient-factors';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import type { Analysis } from '../analysis/engine.ts';
import { answerAboutImage, averagedViews, modelReference } from '../answers/prediction-answer.ts';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import type { ProblemError } from '../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions } from '../answers/resolve-options.ts';
import { LIMITS } from '../language/limits.ts';
import type { ModelFolder } from '../runtime/node/models/model-folder.ts';
import type { Problem } from '../schemas/problem.ts';
import { type PatientQuery, predictQuerySchema } from '../schemas/request.ts';

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
  query: PatientQuery & { readonly similar?: number } = {},
): PredictionWriter {
  let first = true;
  let served: ModelFolder;
  let options: AnswerOptions;
  return {
    begin(model) {
      served = model;
      options = defaultOptions(model, query);
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
export function csvWriter(patient: PatientQuery = {}): PredictionWriter {
  const csv = new PredictionCsv('file');
  let options: AnswerOptions;
  return {
    begin(model) {
      options = defaultOptions(model, patient);
      return csv.header;
    },
    result: (file, result) =>
      isAnalysis(result)
        ? csv.predicted(file, withPatient(result.scores, options))
        : csv.failed(file, result.message),
    end: () => '',
  };
}

/** What an answer without a query takes for granted, with what is known of the patient. */
export function defaultOptions(
  model: ModelFolder,
  query: PatientQuery & { readonly similar?: number },
): AnswerOptions {
  return resolveOptions({ ...predictQuerySchema.parse({}), ...query }, () => undefined, model);
}

/** Scores of the version's own prior, with what is known of the patient. */
export function withPatient(
  scores: readonly number[],
  { patient }: AnswerOptions,
): readonly number[] {
  return patient ? withFactors(scores, patient.factors) : scores;
}

function isAnalysis(result: Analysis | ProblemError): result is Analysis {
  return 'scores' in result;
}

/** What RFC 9457 has of it that means something without a request. */
export function problemOf(error: ProblemError): Pick<Problem, 'type' | 'title' | 'detail'> {
  const { type, title, detail } = error.document('none');
  return { type, title, detail };
}
