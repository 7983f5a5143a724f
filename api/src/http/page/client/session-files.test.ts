import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { labelsOf } from '@naevus/shared/taxonomy/taxonomy';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Entry } from './session.ts';
import { sessionCsv, sessionJson } from './session-files.ts';

const answer = {
  id: 'request-1',
  model: { name: 'm', version: '9.9.9', sha256: '0' },
  predictions: [
    { label: 'mel', name: 'Melanoma', score: 0.75, risk: 'malignant' },
    { label: 'nv', name: 'Naevus', score: 0.25, risk: 'benign' },
  ],
  assessment: { triage: 'refer', flagged: true, abstained: false, malignant_score: 0.75 },
  prediction_set: { coverage: 0.9, labels: ['mel', 'nv'] },
} as unknown as Entry['answer'];

const entry: Entry = {
  id: 'a',
  answeredAt: '2026-11-30T12:00:00.000Z',
  lesion: '=HYPERLINK("x")',
  takenOn: '2026-06-01',
  files: ['one, left.jpg', 'two.jpg'],
  place: 'device',
  query: { age: '60' },
  answer,
  photo: 'data:image/jpeg;base64,AAAA',
};

describe('sessionCsv', () => {
  it('has a row for each answer, and no text that is a formula', () => {
    const [row] = parse(sessionCsv([entry], labelsOf(HAM10000)), { columns: true }) as Record<
      string,
      string
    >[];
    expect(row).toMatchObject({
      ...{ date: '2026-06-01', lesion: '\'=HYPERLINK("x")', files: 'one, left.jpg; two.jpg' },
      ...{ place: 'device', model_version: '9.9.9', request_id: 'request-1', triage: 'refer' },
      ...{ flagged: 'true', abstained: 'false', malignant_score: '0.75', mel: '0.75', bcc: '' },
      prediction_set: 'mel nv',
    });
  });

  it('has no scores where the answer abstains', () => {
    const assessment = { ...answer.assessment!, abstained: true };
    const [row] = parse(
      sessionCsv([{ ...entry, answer: { ...answer, assessment } }], labelsOf(HAM10000)),
      {
        columns: true,
      },
    ) as Record<string, string>[];
    expect(row).toMatchObject({
      abstained: 'true',
      mel: '',
      malignant_score: '',
      prediction_set: '',
    });
  });
});

describe('sessionJson', () => {
  it('has the answers as they were given, without photos', () => {
    const { answers } = JSON.parse(sessionJson([entry])) as { answers: object[] };
    expect(answers).toEqual([
      {
        ...{ id: 'a', date: '2026-06-01', answered_at: entry.answeredAt, lesion: entry.lesion },
        ...{ files: entry.files, place: 'device', query: { age: '60' }, answer },
      },
    ]);
  });
});
