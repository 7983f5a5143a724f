import { describe, expect, it } from 'vitest';
import { misspeltNames, nearestName, unknownNames } from './nearest-name.ts';

const KNOWN = ['top_k', 'tta', 'strict', 'coverage', 'operating_point', 'age', 'sex', 'site'];

describe('nearestName', () => {
  it.each([
    ['stric', 'strict'],
    ['strcit', 'strict'],
    ['STRICT', 'strict'],
    ['topk', 'top_k'],
    ['top-k', 'top_k'],
    ['operating-point', 'operating_point'],
    ['operatingpiont', 'operating_point'],
    ['covrage', 'coverage'],
    ['aeg', 'age'],
    ['ages', 'age'],
    ['ste', 'site'],
    ['tt', 'tta'],
  ])('takes %s for %s', (name, meant) => {
    expect(nearestName(name, KNOWN)).toBe(meant);
  });

  it.each(['utm_source', 'x', '', 'constructor', 'coverage_of_the_set', 'a'.repeat(1e6)])(
    'takes %.20s for none',
    (name) => {
      expect(nearestName(name, KNOWN)).toBeUndefined();
    },
  );
});

describe('unknownNames', () => {
  it('says which names are not known, and what was meant', () => {
    expect(unknownNames(['age', 'stric', 'utm'], ['age', 'strict'], 'query parameter')).toEqual([
      'there is no query parameter "stric"; did you mean "strict"?',
      'there is no query parameter "utm"; there are age, strict',
    ]);
    expect(unknownNames(['a'], [], 'query parameter')).toEqual([
      'there is no query parameter "a"; there are none here',
    ]);
  });

  it('can leave alone what is near to nothing', () => {
    expect(misspeltNames(['note', 'aeg', 'age'], ['age', 'sex'], 'member')).toEqual([
      'there is no member "aeg"; did you mean "age"?',
    ]);
  });

  it('repeats little of what came', () => {
    const [fault] = unknownNames(['\n'.repeat(1000)], [], 'flag');
    expect(fault!.length).toBeLessThan(200);
    expect(fault).not.toContain('\n');
  });
});
