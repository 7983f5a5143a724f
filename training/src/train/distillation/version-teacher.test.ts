import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { meanLogits, TTA_CHOICES } from '@naevus/shared/network/test-time-augmentation';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxClassifier } from '../../evaluate/classifiers/onnx-classifier.ts';
import { viewLogits } from '../../evaluate/views/view-logits.ts';
import { relativeError } from '../../network/fixtures/relative-error.ts';
import { loadArtifactFolder } from '../../versions/artifact-folder.ts';
import { bundledFolder, bundledVersions } from '../../versions/fixtures/bundled-versions.ts';
import type { Teacher } from './teacher.ts';
import { openTeachers } from './version-teacher.ts';

const [BEFORE, SERVED] = await bundledVersions();
const split = { validation: [] };
/** More than go through a teacher at once. */
const COUNT = 9;
const BYTES = INPUT_SIZE * INPUT_SIZE * 3;
const ALL_VIEWS = Math.max(...TTA_CHOICES);

/** Coloured ramps that no symmetry of the square leaves as they are. */
const pictures = Uint8Array.from({ length: COUNT * BYTES }, (_, i) => {
  const [picture, pixel] = [Math.floor(i / BYTES), Math.floor((i % BYTES) / 3)];
  const [y, x] = [Math.floor(pixel / INPUT_SIZE), pixel % INPUT_SIZE];
  return 120 + 60 * Math.sin((x * (picture + 1) + 2 * y) / 90 + (i % 3)) + y / 8;
});
const batch = { values: Float32Array.from(pictures), count: COUNT, size: INPUT_SIZE };

/** Versions look at the batch alone. */
const SHOWN = { indices: [], mix: null };

let teacher: Teacher;
beforeAll(async () => {
  teacher = await openTeachers({ folders: [bundledFolder(SERVED)], split });
});
afterAll(() => teacher.close());

describe('openTeachers', () => {
  it('gives the logits of the version, averaged over the views as serving does', async () => {
    const { onnx } = await loadArtifactFolder(bundledFolder(SERVED));
    const classifier = await createOnnxClassifier(onnx);
    // The symmetries come in a drawn order; over all of them the order is nothing.
    const taught = await teacher.logits(batch, ALL_VIEWS, createRandom(1), SHOWN);
    for (const picture of [0, COUNT - 1]) {
      const rgb = pictures.subarray(picture * BYTES, (picture + 1) * BYTES);
      const expected = (await viewLogits(classifier.logits, { rgb }))[8];
      const own = taught.subarray(picture * LABELS.length, (picture + 1) * LABELS.length);
      expect(relativeError(own, expected)).toBeLessThan(1e-4);
    }
    await classifier.close();
  });

  it('draws other symmetries from another random state, and the same from the same', async () => {
    const look = (seed: number) => teacher.logits(batch, 1, createRandom(seed), SHOWN);
    const first = await look(1);
    expect(await look(1)).toEqual(first);
    expect(relativeError(await look(5), first)).toBeGreaterThan(1e-3);
  });

  it('shares the views out among several versions', async () => {
    const two = await openTeachers({
      folders: [bundledFolder(SERVED), bundledFolder(BEFORE)],
      split,
    });
    const other = await openTeachers({ folders: [bundledFolder(BEFORE)], split });
    const views = (of: Teacher, count: number) => of.logits(batch, count, createRandom(3), SHOWN);
    // The first look is the first version's; the second look adds one of the second.
    expect(await views(two, 1)).toEqual(await views(teacher, 1));
    const [both, first, second] = [
      await views(two, 2),
      await views(teacher, 2),
      await views(other, 2),
    ];
    const firstAlone = await views(teacher, 1);
    const otherAlone = await views(other, 1);
    const secondLook = second.map((mean, i) => 2 * mean - otherAlone[i]!);
    expect(relativeError(both, meanLogits([firstAlone, secondLook]))).toBeLessThan(1e-4);
    expect(relativeError(both, first)).toBeGreaterThan(1e-3);
    expect(two.name).toMatch(new RegExp(` ${SERVED} \\(sha256 \\w{64}\\), .* ${BEFORE} `));
    await two.close();
    await other.close();
  });

  it('refuses a version that was trained on what the run validates on', async () => {
    const { manifest } = await loadArtifactFolder(bundledFolder(SERVED));
    const leaked = openTeachers({
      folders: [bundledFolder(SERVED)],
      split: { validation: ['ISIC_0024306', 'ISIC_0024307', 'ISIC_0024308', 'ISIC_0024309'] },
    });
    await expect(leaked).rejects.toThrow(new RegExp(`${manifest.version} .* was trained on ISIC_`));
  });

  it('says that it takes one size', async () => {
    const small = { values: new Float32Array(64 * 64 * 3), count: 1, size: 64 };
    await expect(teacher.logits(small, 1, createRandom(1), SHOWN)).rejects.toThrow(
      'take 224 pixels, not 64',
    );
  });
});
