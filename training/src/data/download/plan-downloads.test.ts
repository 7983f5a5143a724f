import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { KNOWN_SOURCES } from '../load/source-definition.ts';
import { planDownloads } from './plan-downloads.ts';

const named = (...names: string[]) =>
  names.map((name) => KNOWN_SOURCES.find((source) => source.name === name)!);
const rest = { from: undefined, mirror: undefined, keepArchive: false };

it('puts one source where it is told, several into folders of their own', () => {
  const sources = named('acral');
  const place = (out: string | undefined, several: boolean) =>
    planDownloads({ ...rest, sources, out, several })[0]!.out;
  expect(place('here', false)).toBe(resolve('here'));
  expect(place(undefined, false)).toBe(resolve('data/acral'));
  expect(place('here', true)).toBe(resolve('here/acral'));
});

it('keeps files until the last source that is a part of them', () => {
  const sources = named('milk10k', 'isic2017', 'close-ups', 'phone');
  const plan = planDownloads({ ...rest, sources, out: 'd', several: true });
  expect(plan.map(({ keepArchive }) => keepArchive)).toEqual([true, false, false, false]);
});

it('finds each source at a mirror by its name', () => {
  const sources = named('acral', 'phone');
  const plan = planDownloads({ ...rest, sources, out: 'd', several: true, mirror: 'https://m/x/' });
  expect(plan.map(({ from }) => from)).toEqual(['https://m/x/acral.zip', 'https://m/x/phone.zip']);
});
