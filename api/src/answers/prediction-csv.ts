import { csvRow } from '@naevus/shared/csv/csv-row';
import type { Abstention, Assessment, PredictionSet } from '../schemas/assessment.ts';
import type { Prediction } from '../schemas/prediction.ts';

/** What a row says of an answer; an image's and a lesion's have it. */
export interface TabulatedAnswer {
  /** Of all classes. */
  readonly predictions: readonly Prediction[];
  readonly assessment?: Assessment | undefined;
  readonly prediction_set?: PredictionSet | undefined;
}

type Cell = string | number;

/**
 * The columns behind an answer's scores, in their order. A label never goes without the words that say how far to
 * trust it; lists within a cell have spaces between. Empty where the version does not assess its answers.
 */
const ANSWER_COLUMNS: Readonly<Record<string, (answer: TabulatedAnswer) => Cell>> = {
  label: ({ predictions }) => predictions[0]!.label,
  abstained: ({ assessment }) => String(assessment?.abstained ?? ''),
  triage: ({ assessment }) => assessment?.triage ?? '',
  flagged: ({ assessment }) => String(assessment?.flagged ?? ''),
  malignant_score: ({ assessment }) => assessment?.malignant_score ?? '',
  prediction_set: (answer) => answer.prediction_set?.labels.join(' ') ?? '',
  reasons: ({ assessment }) => reasonCodes(assessment),
};

/** Columns that an abstention fills, too. */
const ABSTENTION_COLUMNS: Readonly<Record<string, (abstention: Abstention) => Cell>> = {
  abstained: ({ abstained }) => String(abstained),
  triage: ({ triage }) => triage ?? '',
  flagged: ({ flagged }) => String(flagged),
  reasons: reasonCodes,
};

/**
 * The table of predictions, RFC 4180: what the image is called, a column a label, what is answered, and what went
 * wrong. The one place that says which columns there are, on the command line and in bulk.
 */
export class PredictionCsv {
  readonly header: string;
  /** Their names, to tell a table of an earlier release. */
  readonly columns: string;
  readonly #labels: readonly string[];

  /**
   * @param idColumn name of the first column
   * @param labels of the version that answers, in the order of its outputs
   */
  constructor(idColumn: string, labels: readonly string[]) {
    this.#labels = labels;
    const columns = [idColumn, ...this.#labels, ...Object.keys(ANSWER_COLUMNS), 'error'];
    this.columns = columns.join();
    this.header = row(columns);
  }

  answered(id: string, answer: TabulatedAnswer): string {
    const scores = new Map(answer.predictions.map(({ label, score }) => [label, score]));
    const cells = Object.values(ANSWER_COLUMNS).map((cellOf) => cellOf(answer));
    return row([id, ...this.#labels.map((label) => scores.get(label)!), ...cells, '']);
  }

  /** @param abstention where that is why there is no answer */
  failed(id: string, error: string, abstention?: Abstention): string {
    const cells = Object.keys(ANSWER_COLUMNS).map((name) =>
      abstention ? (ABSTENTION_COLUMNS[name]?.(abstention) ?? '') : '',
    );
    return row([id, ...this.#labels.map(() => ''), ...cells, error]);
  }
}

function reasonCodes(assessment: Pick<Assessment, 'reasons'> | undefined): string {
  return assessment?.reasons.map(({ code }) => code).join(' ') ?? '';
}

function row(cells: readonly Cell[]): string {
  return `${csvRow(cells)}\r\n`;
}
