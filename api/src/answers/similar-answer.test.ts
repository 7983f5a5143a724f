import { describe, expect, it } from 'vitest';
import type { FoundCase, FoundCases } from '../analysis/find-cases.ts';
import { mergeFoundCases, similarAnswer } from './similar-answer.ts';

const found = (
  imageId: string,
  similarity: number,
  label: FoundCase['label'] = 'nv',
): FoundCase => ({
  imageId,
  lesionId: null,
  label,
  confirmedBy: 'histology',
  similarity,
  pictured: false,
});

const search = (...nearest: FoundCase[]): FoundCases => ({
  nearest,
  nearestByLabel: Object.fromEntries(nearest.toReversed().map((one) => [one.label, one])),
});

describe('similarAnswer', () => {
  it('rounds the similarity, and shows the candidates in their order', () => {
    const cases = search(found('ISIC_0000007', 0.98765), found('own', 0.5, 'mel'));
    const answer = similarAnswer(cases, '1.0.0', ['mel', 'df']);
    expect(answer.similar.map(({ similarity }) => similarity)).toEqual([0.988, 0.5]);
    expect(answer.similar.map(({ url }) => url)).toEqual([
      'https://api.isic-archive.com/images/ISIC_0000007/',
      null,
    ]);
    expect(answer.similar.map(({ thumbnail }) => thumbnail)).toEqual([null, null]);
    expect(Object.keys(answer.similar_by_class)).toEqual(['mel']);
  });
});

describe('mergeFoundCases', () => {
  it('counts each case once, by the photo that it is most like', () => {
    const first = search(found('a', 0.9), found('b', 0.7, 'mel'));
    const second = search(found('b', 0.95, 'mel'), found('c', 0.8));
    const merged = mergeFoundCases([first, second], 2, ['mel', 'nv']);
    expect(merged.nearest.map(({ imageId, similarity }) => [imageId, similarity])).toEqual([
      ['b', 0.95],
      ['a', 0.9],
    ]);
    expect(merged.nearestByLabel.nv!.imageId).toBe('a');
    expect(merged.nearestByLabel.mel!.similarity).toBe(0.95);
  });
});
