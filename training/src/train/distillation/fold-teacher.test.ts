import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RUN_FILES } from '../../run/run-record.ts';
import { OUT_OF_FOLD_FILE, openFoldTeacher } from './fold-teacher.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folds-'));
});
afterEach(() => rm(folder, { recursive: true }));

const classes = LABELS.length;
/** Sure of the class of this number. */
const sureOf = (k: number) => LABELS.map((_, i) => (i === k ? 4 : 0));
const counts = Object.fromEntries(LABELS.map((label) => [label, 0]));

/** A member that was trained on some images and says so much of others. */
async function member(
  name: string,
  train: readonly string[],
  logits: Readonly<Record<string, readonly number[]>>,
): Promise<string> {
  const out = join(folder, name);
  await mkdir(out);
  const split = {
    seed: 1,
    data_sha256: 'd'.repeat(64),
    train,
    validation: Object.keys(logits),
    counts: { train: counts, validation: counts },
    groups: {
      total: 1,
      lesions: 1,
      images_without_lesion: 0,
      byte_identical_pairs: 0,
      same_picture_pairs: 0,
      pairs_across_lesions: 0,
      mixed_labels: 0,
    },
  };
  await writeFile(join(out, RUN_FILES.split), JSON.stringify(split));
  await writeFile(join(out, OUT_OF_FOLD_FILE), JSON.stringify({ schemaVersion: 1, logits }));
  return out;
}
const batch = { values: new Float32Array(), count: 3, size: 8 };
const split = { train: ['a', 'b', 'c'], validation: ['v'] };

describe('openFoldTeacher', () => {
  it('teaches each image what the member made of it that had not seen it', async () => {
    const folders = [
      await member('fold-1', ['b', 'c'], { a: sureOf(1) }),
      await member('fold-2', ['a'], { b: sureOf(2), c: sureOf(3) }),
    ];
    const teacher = await openFoldTeacher({ folders, split });
    const shown = { indices: [2, 0, 1], mix: null };
    const taught = await teacher.logits(batch, 1, createRandom(1), shown);
    expect([...taught]).toEqual([...sureOf(3), ...sureOf(1), ...sureOf(2)]);
    expect(teacher.name).toMatch(/^2 members that did not see the image \(sha256 \w{64}\)$/);
  });

  it('teaches the mixture of what the parts of a mixed image are taught', async () => {
    const folders = [await member('fold-1', [], { a: sureOf(1), b: sureOf(2), c: sureOf(3) })];
    const teacher = await openFoldTeacher({ folders, split });
    const mix = { kind: 'mixup', share: 0.75 } as const;
    const shown = { indices: [0, 1], mix };
    const taught = await teacher.logits({ ...batch, count: 2 }, 1, createRandom(1), shown);
    // Each with the one before it, the first with the last.
    const [a, b] = [softmax(sureOf(1)), softmax(sureOf(2))];
    const second = softmax([...taught.subarray(classes)]);
    for (const [k, p] of second.entries()) {
      expect(p).toBeCloseTo(0.75 * b[k]! + 0.25 * a[k]!, 6);
    }
  });

  it.each([
    ['an image that its member was trained on', ['a'], 'was trained on a, which it teaches'],
    ['a member that was trained on what is validated on', ['v'], 'was trained on v'],
  ])('refuses %s', async (_, train, message) => {
    const folders = [await member('fold-1', train, { a: sureOf(1), b: sureOf(1), c: sureOf(1) })];
    await expect(openFoldTeacher({ folders, split })).rejects.toThrow(message);
  });

  it('refuses an image without a member, one with two, and what is no member', async () => {
    const one = await member('fold-1', [], { a: sureOf(1), b: sureOf(1) });
    await expect(openFoldTeacher({ folders: [one], split })).rejects.toThrow(
      '1 of 3 training images have no member that teaches them, such as c',
    );
    const two = await member('fold-2', [], { b: sureOf(1), c: sureOf(1) });
    await expect(openFoldTeacher({ folders: [one, two], split })).rejects.toThrow(
      'two members teach b',
    );
    await expect(openFoldTeacher({ folders: [folder], split })).rejects.toThrow('--fold');
  });
});
