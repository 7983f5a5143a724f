import { csvRow } from '@naevus/shared/csv/csv-row';
import type { Entry } from './session.ts';

const COLUMNS: readonly string[] = [
  ...['date', 'lesion', 'files', 'answered_at', 'place', 'model_version', 'request_id'],
  ...['triage', 'flagged', 'abstained', 'malignant_score', 'prediction_set'],
];

/** The answers as JSON, as they were given, without the photos. */
export function sessionJson(entries: readonly Entry[]): string {
  const answers = entries.map(({ photo: _, takenOn: date, answeredAt: answered_at, ...entry }) => ({
    date,
    answered_at,
    ...entry,
  }));
  return `${JSON.stringify({ answers }, undefined, 2)}\n`;
}

/**
 * The answers as a table, RFC 4180: one row each, the scores in columns named by their labels. Where an answer
 * abstains there are no scores: they would be believed all the same.
 *
 * @param labels of the page's classes; those of answers by other classes follow
 */
export function sessionCsv(entries: readonly Entry[], labels: readonly string[]): string {
  const scored = entries.flatMap(({ answer }) => answer.predictions.map(({ label }) => label));
  const all = [...new Set([...labels, ...scored])];
  const rows = entries.map((entry) => cells(entry, all));
  return [[...COLUMNS, ...all], ...rows].map((row) => `${csvRow(row)}\r\n`).join('');
}

function cells({ answer, ...entry }: Entry, labels: readonly string[]): (string | number)[] {
  const { assessment, predictions, prediction_set } = answer;
  const scored = assessment?.abstained
    ? undefined
    : new Map(predictions.map(({ label, score }) => [label, score]));
  return [
    entry.takenOn,
    ...[entry.lesion, entry.files.join('; ')].map(plainText),
    ...[entry.answeredAt, entry.place, answer.model.version, answer.id],
    ...[assessment?.triage ?? '', String(assessment?.flagged ?? '')],
    String(assessment?.abstained ?? ''),
    scored ? (assessment?.malignant_score ?? '') : '',
    scored ? (prediction_set?.labels.join(' ') ?? '') : '',
    ...labels.map((label) => scored?.get(label) ?? ''),
  ];
}

/** A text that no spreadsheet takes for a formula. */
function plainText(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** Has the browser save a file. */
export function saveFile(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
