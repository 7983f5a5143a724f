import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import type { ServedModel } from '../analysis/engine.ts';
import {
  answerAboutImage,
  averagedViews,
  type ImageAnswer,
  modelReference,
} from '../answers/prediction-answer.ts';
import { PredictionCsv } from '../answers/prediction-csv.ts';
import { ProblemError, problemOr } from '../answers/problem-error.ts';
import { type AnswerOptions, resolveOptions } from '../answers/resolve-options.ts';
import { withStatedPatient } from '../answers/stated-patient.ts';
import { caveatsIn, translateAnswer } from '../language/translate-answer.ts';
import { DEFAULT_LANGUAGE } from '../schemas/languages.ts';
import type { Problem } from '../schemas/problem.ts';
import { ANY_REQUEST_SCHEMAS, type AnswerQuery } from '../schemas/request.ts';
import type { AnalysedFile } from './analyse-in-order.ts';
import { checkQuery, checkQueryOf } from './query-flags.ts';

/** What the flags ask for: read as the API reads a query, and as it was sent. */
export interface AskedFlags {
  readonly query: AnswerQuery;
  readonly sent: Readonly<Record<string, string | undefined>>;
}

/** @throws UsageError where a value is out of its range */
export function askedFlags(sent: AskedFlags['sent']): AskedFlags {
  return { query: checkQuery(sent, ANY_REQUEST_SCHEMAS.answer), sent };
}

/**
 * The same as a version understands it.
 *
 * @throws UsageError where a value is none of its classes or operating points
 */
export function askedOf({ sent }: AskedFlags, model: ServedModel): AskedFlags {
  return { query: checkQueryOf(sent, ({ answer }) => answer, model), sent };
}

/** What the answers of a version take for granted. */
export function optionsOf({ query, sent }: AskedFlags, model: ServedModel): AnswerOptions {
  return resolveOptions(query, (name) => sent[name], model);
}

/** What is written of one file or lesion. */
export interface Written {
  readonly text: string;
  /** Why there is no answer. */
  readonly problem?: ProblemError | undefined;
}

/** Writes the answers to files one after another, as they come. */
export interface PredictionWriter {
  begin(): string;
  result(file: string, result: AnalysedFile | ProblemError): Written;
  end(): string;
}

/** One document: `model`, `prior`, `tta` where it is not 1, `results` with one item a file, `limits`, `disclaimer`. */
export function jsonWriter(asked: AskedFlags, model: ServedModel): PredictionWriter {
  const options = optionsOf(asked, model);
  const { language = DEFAULT_LANGUAGE } = asked.query;
  const list = new JsonList();
  return {
    begin: () => openDocument(asked, model),
    result(file, result) {
      const answer = answerTo(result, asked, options, model);
      if (!('predictions' in answer)) {
        return { text: list.item({ file, error: problemOf(answer) }), problem: answer };
      }
      return { text: list.item({ file, ...translateAnswer(answer, language, model.taxonomy) }) };
    },
    end: () => closeDocument(asked, model),
  };
}

/** A row a file, as {@link PredictionCsv} has it. */
export function csvWriter(asked: AskedFlags, model: ServedModel): PredictionWriter {
  const csv = new PredictionCsv('file', labelsOf(model.taxonomy));
  const options = optionsOf(asked, model);
  return {
    begin: () => csv.header,
    result(file, result) {
      const answer = answerTo(result, asked, options, model);
      return 'predictions' in answer
        ? { text: csv.answered(file, answer) }
        : { text: csv.failed(file, answer.message, answer.abstention), problem: answer };
    },
    end: () => '',
  };
}

/** Everything before the first result. */
export function openDocument(asked: AskedFlags, model: ServedModel): string {
  const { prior } = optionsOf(asked, model);
  const head = { model: modelReference(model), prior, ...averagedViews(asked.query.tta) };
  return `${JSON.stringify(head).slice(0, -1)},"results":[`;
}

/** Everything behind the last result. */
export function closeDocument(
  { query: { language = DEFAULT_LANGUAGE } }: AskedFlags,
  model: ServedModel,
): string {
  return `\n],${JSON.stringify(caveatsIn(language, model)).slice(1)}\n`;
}

/** The items of a JSON array, one a line. */
export class JsonList {
  #first = true;

  item(value: object): string {
    const separator = this.#first ? '\n' : ',\n';
    this.#first = false;
    return separator + JSON.stringify(value);
  }
}

function answerTo(
  result: AnalysedFile | ProblemError,
  { query }: AskedFlags,
  options: AnswerOptions,
  model: ServedModel,
): ImageAnswer | ProblemError {
  if (result instanceof ProblemError) return result;
  return problemOr(() => {
    const known = withStatedPatient(options, query, [result], model);
    return answerAboutImage(result.analysis, query.top_k, model, known);
  });
}

/** What RFC 9457 has of it that means something without a request. */
export function problemOf(
  error: ProblemError,
): Pick<Problem, 'type' | 'title' | 'detail'> & Record<string, unknown> {
  const { status: _, instance: __, ...problem } = error.document('none');
  return problem;
}
