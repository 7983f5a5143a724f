import { expect, it } from 'vitest';
import { preferredLanguage } from './negotiate.ts';

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['*', 'en'],
  ['de', 'de'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['FR-ca', 'fr'],
  ['it, es;q=0.5, en;q=0.4', 'es'],
  ['en;q=0.5, de;q=0.7', 'de'],
  ['de;q=0, fr;q=0.1', 'fr'],
  ['pl, cs;q=0.9', 'en'],
  ['nonsense;;;,', 'en'],
])('%j is %s', (header, language) => {
  expect(preferredLanguage(header)).toBe(language);
});
