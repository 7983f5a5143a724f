import { describe, expect, it } from 'vitest';
import { sharedFiles } from './shared-files.ts';

describe('files that are shared', () => {
  it('are read once for all who ask, and again where they were not there', async () => {
    const reads: string[] = [];
    const files = sharedFiles({
      async read(path) {
        reads.push(path);
        if (path === 'broken') throw new Error('broken');
        return path === 'there' ? new Uint8Array(8) : undefined;
      },
    });
    const all = await Promise.all(Array.from({ length: 50 }, () => files.read('there')));
    expect(new Set(all).size).toBe(1);
    expect(await files.read('there')).toBe(all[0]);
    expect(reads).toEqual(['there']);
    for (let i = 0; i < 2; i++) {
      expect(await files.read('missing')).toBeUndefined();
      await expect(files.read('broken')).rejects.toThrow('broken');
    }
    expect(reads).toEqual(['there', 'missing', 'broken', 'missing', 'broken']);
  });
});
