import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadManifest, parseJson } from './load-manifest.ts';
import type { ArtifactSource } from './verify.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function sourceOf(files: Record<string, string>): ArtifactSource {
  return {
    async read(path) {
      const text = files[path];
      return text === undefined ? undefined : encode(text);
    },
  };
}

describe('loadManifest', () => {
  it.each([
    ['no manifest', {}, 'missing'],
    ['text', { 'manifest.json': 'not json' }, 'not-json'],
    ['another schema', { 'manifest.json': '{"schemaVersion": 3}' }, 'invalid'],
  ])('refuses %s', async (_, files, code) => {
    await expect(loadManifest(sourceOf(files))).rejects.toMatchObject({
      code,
      path: 'manifest.json',
    });
  });
});

describe('parseJson', () => {
  it('names every member that is wrong', () => {
    const schema = z.strictObject({ version: z.string(), count: z.number() });
    const parse = () => parseJson(encode('{"version": 1, "count": "x"}'), 'current.json', schema);
    expect(parse).toThrow(/current\.json.*version.*count/);
  });
});
