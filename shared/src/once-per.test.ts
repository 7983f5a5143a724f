import { expect, it } from 'vitest';
import { oncePer } from './once-per.ts';

it('makes a result once for each object, whatever it is', () => {
  const asked: object[] = [];
  const of = oncePer((key: { readonly value: unknown }) => {
    asked.push(key);
    return key.value;
  });
  const [one, same, none] = [{ value: 1 }, { value: 1 }, { value: undefined }];
  expect([of(one), of(same), of(none), of(one), of(none)]).toEqual([1, 1, undefined, 1, undefined]);
  expect(asked).toEqual([one, same, none]);
});
