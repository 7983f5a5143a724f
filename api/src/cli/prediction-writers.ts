import type { Problem } from '@naevus/shared/api/problem';
import { predictQuerySchema } from '@naevus/shared/api/request';
import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LIMITS } from '@naevus/shared/limits';
import { LABELS } from '@naevus/shared/taxonomy';
import type { TtaViews } from '@naevus/shared/views/test-time-augmentation';
import type { Analysis } from '../engine/engine.ts';
import type { ProblemError } from '../http/problem-error.ts';
import type { ModelFolder } from '../node/model-folder.ts';
import { type AnswerWish, answerWish } from '../routes/answer-wish.ts';
import {
  answerAboutImage,
  averagedViews,
  modelReference,
  rankedPredictions,
} from '../routes/prediction-answer.ts';

/** Writes results one after another, as they come. */
export interface PredictionWriter {
  begin(model: ModelFolder): string;
  result(file: string, result: Analysis | ProblemError): string;
  end(): string;
}

/** One document: `model`, `prior`, `tta` where it is not 1, `results` with one item a file, `limits`, `disclaimer`. */
export function jsonWriter(topK: number, tta: TtaViews): PredictionWriter {
  let first = true;
  let served: ModelFolder;
  let wish: AnswerWish;
  return {
    begin(model) {
      served = model;
      wish = answerWish(predictQuerySchema.parse({}), () => undefined, model);
      const head = JSON.stringify({
        model: modelReference(model),
        prior: wish.prior,
        ...averagedViews(tta),
      });
      return `${head.slice(0, -1)},"results":[`;
    },
    result(file, result) {
      const answer = isAnalysis(result)
        ? answerAboutImage(result, topK, served, wish)
        : { error: problemOf(result) };
      const separator = first ? '\n' : ',\n';
      first = false;
      return separator + JSON.stringify({ file, ...answer });
    },
    end: () => `\n],${JSON.stringify({ limits: LIMITS, disclaimer: DISCLAIMER }).slice(1)}\n`,
  };
}

/** RFC 4180: the file, a column a label, the likeliest label, and what went wrong. */
export function csvWriter(): PredictionWriter {
  const row = (cells: readonly (string | number)[]) => `${cells.map(csvCell).join()}\r\n`;
  return {
    begin: () => row(['file', ...LABELS, 'label', 'error']),
    result(file, result) {
      if (!isAnalysis(result)) return row([file, ...LABELS.map(() => ''), '', result.message]);
      const [top] = rankedPredictions(result.scores, 1);
      return row([file, ...result.scores, top!.label, '']);
    },
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

function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
