import { readFileSync } from 'node:fs';
import { DamagedImageError } from '@naevus/shared/image/header/image-header-error';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { createRandom } from '@naevus/shared/statistics/random';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnalysisBackend, analyse } from '../src/analysis/analyse.ts';
import { wasmBackend } from './helpers/backends.ts';
import { lesion } from './helpers/conformance-requests.ts';
import {
  DAMAGES,
  type JpegEncoder,
  OTHER_ENCODERS,
  SHARP_ENCODERS,
} from './helpers/damaged-jpegs.ts';

// With NAEVUS_DAMAGE=all the files of all encoders that are installed, 300 of them sound and 336 damaged, and a table
// of what became of them; without it a part of sharp's.
const ALL = process.env.NAEVUS_DAMAGE === 'all';
const DAMAGED_FILES = ALL ? 24 : 4;
const SOUND_FILES = ALL ? 300 : 0;

type Bytes = Uint8Array<ArrayBuffer>;

/** Scores that differ by less are the same answer. */
const SAME = 0.03;

interface Encoded {
  readonly encoder: string;
  readonly file: Bytes;
}

async function encodeAll(): Promise<Encoded[]> {
  const encoders = Object.entries<JpegEncoder>({ ...SHARP_ENCODERS, ...(ALL && OTHER_ENCODERS) });
  const files: Encoded[] = [];
  for (let round = 0; files.length < SOUND_FILES || round < 1; round++) {
    for (const [i, [encoder, encode]] of encoders.entries()) {
      const side = 200 + 37 * ((round + 5 * i) % 11);
      const image = sharp(lesion((round + i) % 3)).resize(side, Math.round(0.75 * side));
      const file = await encode(new Uint8Array(await image.png().toBuffer()));
      if (file !== undefined && file.length > 0) files.push({ encoder, file });
    }
  }
  return files.slice(0, Math.max(SOUND_FILES, encoders.length));
}

describe('JPEGs that were changed on their way', () => {
  let backend: AnalysisBackend;
  let files: Encoded[];

  beforeAll(async () => {
    backend = await wasmBackend();
    files = await encodeAll();
  }, 600_000);

  /** Undefined where the file is refused as damaged. */
  async function scoresOf(file: Bytes): Promise<readonly number[] | undefined> {
    try {
      const image = { bytes: file.slice(), header: readImageHeader(file) };
      const outcome = await analyse(image, {}, backend);
      if (outcome.ok) return outcome.analysis.scores;
      expect(outcome.failure.kind).toBe('damaged');
    } catch (error) {
      if (!(error instanceof DamagedImageError) && !/UnsupportedFormat/.test(String(error)))
        throw error;
    }
    return undefined;
  }

  it('are none of the sound ones', { timeout: 1_200_000 }, async () => {
    for (const { encoder, file } of files) expect(await scoresOf(file), encoder).toBeDefined();
    if (ALL)
      console.log(
        `${files.length} sound files of ${new Set(files.map((f) => f.encoder)).size} encoders: none refused`,
      );
  });

  const rows: string[] = [];

  it.each(Object.entries(DAMAGES))('%s', { timeout: 600_000 }, async (name, damage) => {
    const random = createRandom(name.length);
    // Of grey and of coarse ones little is left to damage.
    const coloured = files.filter(({ encoder }) => !/grey|coarse/.test(encoder));
    const counts = { refused: 0, same: 0, other: 0, otherClass: 0 };
    for (let i = 0; i < DAMAGED_FILES; i++) {
      const { file } = coloured[(5 * i + name.length) % coloured.length]!;
      const before = await scoresOf(file);
      const after = await scoresOf(damage(file, random));
      if (after === undefined) counts.refused++;
      else if (after.every((score, k) => Math.abs(score - before![k]!) <= SAME)) counts.same++;
      else counts.other++;
      const top = (scores: readonly number[]) => scores.indexOf(Math.max(...scores));
      if (after !== undefined && top(after) !== top(before!)) counts.otherClass++;
    }
    rows.push(
      `| ${name} | ${DAMAGED_FILES} | ${counts.refused} | ${counts.same} | ${counts.other} | ${counts.otherClass} |`,
    );
    if (ALL && rows.length === Object.keys(DAMAGES).length) console.log(rows.join('\n'));
    // A bit, a byte or a sector may leave data that are another image's: nothing tells them.
    if (/bit|byte lost|exchanged/.test(name))
      expect(counts.other).toBeLessThanOrEqual(DAMAGED_FILES / 3);
    else expect(counts.refused + counts.same).toBe(DAMAGED_FILES);
  });

  it('are served where no pixel is another: the example of a missing end', async () => {
    const file = new Uint8Array(
      readFileSync(new URL('fixtures/field/jpeg-without-eoi.jpg', import.meta.url)),
    );
    expect(await scoresOf(file)).toBeDefined();
  });
});
