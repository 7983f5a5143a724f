import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from '@naevus/shared/artifact/manifest';
import { PREPROCESSING } from '@naevus/shared/preprocessing/preprocessing-spec';
import { LABELS } from '@naevus/shared/taxonomy';

/** Where the artifacts of a test run lie. */
export const FIXTURES = fileURLToPath(new URL('../../.cache/fixtures/', import.meta.url));

const VERSION = '0.0.1';
const ZEROS = '0'.repeat(64);

/** The network of `fixtures/tiny-model.py`. */
const TINY_MODEL = readFileSync(new URL('../../fixtures/tiny-model.onnx', import.meta.url));

const ENGINE = {
  input: { name: 'image', type: 'float32', range: [0, 255] },
  outputs: { logits: 'logits', cam: 'cam' },
  weights: 'float32',
} as const;

/** What {@link TINY_MODEL} weighs the mean red, green and blue of the picture with, then its bias. */
const WEIGHTS = [
  [2, 0, -2, 0.1],
  [0, 2, -2, 0.2],
  [-1, -1, -1, 0.3],
  [0, -2, 2, 0.4],
  [6, -3, -3, -0.5],
  [-3, 6, -3, 0.6],
  [-3, -3, 6, -0.7],
] as const;

/** The scores of a picture of one colour by the fixture's network, computed here and not there. */
export function expectedScores(red: number, green: number, blue: number): number[] {
  const powers = WEIGHTS.map(([r, g, b, bias]) =>
    Math.exp((r * red + g * green + b * blue) / 255 + bias),
  );
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Ways to make an artifact that must not be served. */
export interface FixtureOptions {
  /** Change the manifest after the hashes are in it. */
  readonly manifest?: (manifest: Manifest) => unknown;
  /** Written instead of the network, with the hash of the network. */
  readonly model?: Uint8Array;
  readonly card?: string;
}

/** Writes a model artifact around a tiny network into a new folder, and gives the folder. */
export function writeFixtureArtifact({
  manifest: change,
  model,
  card,
}: FixtureOptions = {}): string {
  mkdirSync(FIXTURES, { recursive: true });
  const root = mkdtempSync(join(FIXTURES, 'model-'));
  const files = { 'model.onnx': TINY_MODEL, 'MODEL_CARD.md': Buffer.from('# A fixture\n') };
  const manifest: Manifest = {
    schemaVersion: 1,
    name: 'naevus-fixture',
    version: VERSION,
    createdAt: '2026-01-01T00:00:00Z',
    architecture: 'tiny',
    labels: LABELS,
    preprocessing: { ...PREPROCESSING },
    engines: {
      onnx: {
        ...ENGINE,
        path: 'model.onnx',
        input: { ...ENGINE.input, layout: 'NCHW', shape: [null, 3, 224, 224], range: [0, 255] },
      },
      tfjs: {
        ...ENGINE,
        path: 'tfjs/model.json',
        input: { ...ENGINE.input, layout: 'NHWC', shape: [null, 224, 224, 3], range: [0, 255] },
      },
    },
    parity: { images: 1, maxAbsProbabilityDifference: 0, topClassAgreement: 1 },
    calibration: { method: 'none', temperature: 1, logitBias: LABELS.map(() => 0), ece: 0.01 },
    prior: {
      name: 'uniform',
      probabilities: Object.fromEntries(
        LABELS.map((label) => [label, 1 / LABELS.length]),
      ) as Manifest['prior']['probabilities'],
    },
    thresholds: {},
    training: {
      dataset: 'none',
      dataSha256: ZEROS,
      configSha256: ZEROS,
      codeCommit: 'unknown',
      seed: 0,
      initialWeights: 'by hand',
      trainImages: 1,
      validationImages: 1,
      method: 'by hand',
    },
    metrics: {
      split: 'no images',
      accuracy: 0,
      balancedAccuracy: 0,
      macroF1: 0,
      macroAuc: 0,
      logLoss: 0,
      melanomaSensitivity: 0,
    },
    licence: { weights: 'Apache-2.0', code: 'Apache-2.0', attribution: 'none' },
    intendedUse: 'Tests.',
    files: Object.entries(files).map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    })),
  };
  const folder = join(root, VERSION);
  mkdirSync(folder);
  writeFileSync(join(root, 'current.json'), JSON.stringify({ version: VERSION }));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(change?.(manifest) ?? manifest));
  writeFileSync(join(folder, 'model.onnx'), model ?? TINY_MODEL);
  writeFileSync(join(folder, 'MODEL_CARD.md'), card ?? files['MODEL_CARD.md']);
  return root;
}
