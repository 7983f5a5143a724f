import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AnalysisBackend, analyse } from '../src/analysis/analyse.ts';
import type { Analysis, AnalysisOptions } from '../src/analysis/engine.ts';
import { nativeBackend, wasmBackend } from './helpers/backends.ts';
import { lesion } from './helpers/conformance-requests.ts';

// With NAEVUS_PARITY_IMAGES=DIR (HAM10000, say) 200 images of that folder, evenly chosen, are
// compared in every form; without it the page's examples, the larger ones in one form each.
const FOLDER = process.env.NAEVUS_PARITY_IMAGES;
const IMAGES = 200;

const MOST_DIFFERENT = 0.02;
const LEAST_AGREEMENT = 0.995;

interface Form {
  readonly name: string;
  /** Only every so many images: the large ones take their time. */
  readonly every: number;
  make(picture: Sharp): Sharp | undefined;
}

const FORMS: readonly Form[] = [
  { name: 'as it is', every: 1, make: () => undefined },
  { name: 'PNG', every: 4, make: (picture) => picture.png() },
  { name: 'WebP', every: 4, make: (picture) => picture.webp({ quality: 85 }) },
  {
    name: 'rotated by EXIF',
    every: 4,
    make: (picture) => picture.withMetadata({ orientation: 6 }).jpeg({ quality: 90 }),
  },
  {
    name: 'JPEG of 2.2 megapixels',
    every: 8,
    make: (picture) => picture.resize(1720, 1290).jpeg({ quality: 90 }),
  },
  {
    name: 'JPEG of 12 megapixels',
    every: 8,
    make: (picture) => picture.resize(4032, 3024).jpeg({ quality: 90 }),
  },
  {
    name: 'PNG of 5 megapixels',
    every: 40,
    make: (picture) => picture.resize(2560, 1920).png({ compressionLevel: 2 }),
  },
  {
    name: 'WebP of 12 megapixels',
    every: 40,
    make: (picture) => picture.resize(4032, 3024).webp({ quality: 85, effort: 0 }),
  },
];

let node: AnalysisBackend;
let wasm: AnalysisBackend;

beforeAll(async () => {
  node = await nativeBackend();
  wasm = await wasmBackend();
}, 120_000);

function pictures(): Uint8Array<ArrayBuffer>[] {
  if (FOLDER === undefined) return [0, 1, 2].map(lesion);
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jpg'))
    .sort();
  return Array.from({ length: IMAGES }, (_, i) => {
    const name = names[Math.floor((i * names.length) / IMAGES)]!;
    return new Uint8Array(readFileSync(join(FOLDER, name)));
  });
}

async function answer(
  bytes: Uint8Array<ArrayBuffer>,
  backend: AnalysisBackend,
  wish: AnalysisOptions = {},
): Promise<Analysis> {
  const outcome = await analyse({ bytes, header: readImageHeader(bytes) }, wish, backend);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return outcome.analysis;
}

const top = (scores: readonly number[]) => scores.indexOf(Math.max(...scores));

describe('WebAssembly answers as Node does', () => {
  const all = pictures();

  it.each(FORMS)('$name', { timeout: 1_200_000 }, async ({ name, every, make }) => {
    const step = FOLDER === undefined ? (every > 4 ? all.length : 1) : every;
    const chosen = all.filter((_, i) => i % step === 0);
    const differences: number[] = [];
    let agreeing = 0;
    for (const original of chosen) {
      const made = make(sharp(original));
      const bytes = made === undefined ? original : new Uint8Array(await made.toBuffer());
      const expected = await answer(bytes, node);
      const actual = await answer(bytes, wasm);
      expect(actual.image).toEqual(expected.image);
      if (top(actual.scores) === top(expected.scores)) agreeing++;
      differences.push(
        ...actual.scores.map((score, label) => Math.abs(score - expected.scores[label]!)),
      );
    }
    differences.sort((a, b) => a - b);
    const percentile99 = differences[Math.ceil(differences.length * 0.99) - 1]!;
    console.log(
      `${name}: ${agreeing} of ${chosen.length} top classes agree; scores differ by ${percentile99.toFixed(5)} at the 99th percentile, ${differences.at(-1)!.toFixed(5)} at most`,
    );
    expect(agreeing / chosen.length).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
    expect(percentile99).toBeLessThanOrEqual(MOST_DIFFERENT);
  });
});

it('shows the same middle of a picture to every engine, whatever crop a version has', async () => {
  const heatmap = { label: 'mel', alpha: 1, overlay: 'thumbnail' } as const;
  for (const crop of [0.85, 0.9]) {
    const [expected, actual] = await Promise.all(
      [node, wasm].map((backend) => answer(lesion(1), { ...backend, crop }, { heatmap })),
    );
    const whole = await answer(lesion(1), { ...node, crop: 1 });
    for (const [k, score] of expected!.scores.entries()) {
      expect(Math.abs(actual!.scores[k]! - score)).toBeLessThanOrEqual(MOST_DIFFERENT);
    }
    // Or the crop would do nothing.
    expect(expected!.output.logits).not.toEqual(whole.output.logits);
    expect([expected!.heatmap!.crop, actual!.heatmap!.crop]).toEqual([crop, crop]);
    expect(actual!.image).toEqual(whole.image);
  }
});
