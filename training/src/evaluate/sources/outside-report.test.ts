import { expect, it } from 'vitest';
import type { Answer } from '../assessment/answered-image.ts';
import { type AnsweredOutside, outsideReport } from './outside-report.ts';

const answer = (aboveThreshold: boolean, modality: boolean, quality = false): Answer => ({
  scores: [],
  malignantScore: 0,
  set: [],
  aboveThreshold,
  abstention: { quality, distance: false, modality },
});
const image = (source: string, diagnosis: string, of: Answer, i: number): AnsweredOutside => ({
  source,
  modality: source === 'phone' ? 'phone' : 'dermoscopic',
  diagnosis,
  lesionId: `L${i}`,
  answer: of,
});

it('counts what is routine and what abstains, by source and by dermoscopic diagnosis', () => {
  const { groups } = outsideReport(
    [
      image('other', 'scc', answer(true, false), 1),
      image('other', 'scc', answer(false, false), 2),
      image('other', 'inf', answer(false, false, true), 3),
      image('other', 'inf', answer(true, true), 4),
      image('phone', 'bcc', answer(false, true), 5),
      image('phone', '', answer(false, false), 6),
    ],
    1,
  );
  const found = groups.map(({ source, diagnosis, images, abstained, routine }) => [
    source,
    diagnosis,
    images,
    abstained.value,
    routine.value,
  ]);
  expect(found).toEqual([
    ['other', null, 4, 0.5, 0.25],
    ['other', 'scc', 2, 0, 0.5],
    ['other', 'inf', 2, 1, 0],
    ['phone', null, 2, 0.5, 0.5],
  ]);
  expect(groups[0]!.abstainedFor).toEqual({ quality: 0.25, distance: 0, modality: 0.25 });
  expect(groups[0]!.aboveThreshold).toBe(0.5);
});
