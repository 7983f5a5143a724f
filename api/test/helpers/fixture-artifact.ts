import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { criticalMember } from '@naevus/shared/answer/critical-figures';
import { operatingPointNames } from '@naevus/shared/answer/operating-point';
import { COVERAGES } from '@naevus/shared/answer/prediction-set';
import { PREPROCESSING } from '@naevus/shared/image/preprocessing-spec';
import { MANIFEST_SCHEMA_VERSION, type Manifest } from '@naevus/shared/model/manifest';
import { parseOnnx, serializeOnnx } from '@naevus/shared/model/onnx-messages';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { fixtureCases } from './fixture-cases.ts';

/** Where the artifacts of a test run lie. */
export const FIXTURES = fileURLToPath(new URL('../../.cache/fixtures/', import.meta.url));

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

/** {@link TINY_MODEL} with another bias for each class, in the order of the labels. */
export function tinyModelWithBias(bias: readonly number[]): Uint8Array {
  const before = Buffer.from(new Float32Array(WEIGHTS.map(([, , , value]) => value)).buffer);
  const model = Buffer.from(TINY_MODEL);
  const place = model.indexOf(before);
  if (place < 0 || bias.length !== WEIGHTS.length) throw new Error('there is no such bias');
  model.set(Buffer.from(new Float32Array(bias).buffer), place);
  return model;
}

/** {@link TINY_MODEL} with so many outputs: those that it has not are its first ones again, each a little lower. */
function tinyModelOf(classCount: number): Uint8Array {
  const model = parseOnnx(TINY_MODEL);
  const rows = Array.from({ length: classCount }, (_, k) => {
    const [red, green, blue, bias] = WEIGHTS[k % WEIGHTS.length]!;
    return { weights: [red, green, blue], bias: bias - Math.floor(k / WEIGHTS.length) };
  });
  const raw = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
  const outputDims: Readonly<Record<string, readonly number[]>> = {
    logits: [classCount],
    cam: [classCount, 7, 7],
    features: [3],
  };
  return serializeOnnx({
    ...model,
    graph: {
      ...model.graph,
      initializer: model.graph.initializer.map((tensor) => {
        if (tensor.name === 'weights') {
          const rawData = raw(rows.flatMap(({ weights }) => weights));
          return { ...tensor, dims: [classCount, 3, 1, 1], rawData };
        }
        if (tensor.name !== 'bias') return tensor;
        return { ...tensor, dims: [1, classCount], rawData: raw(rows.map(({ bias }) => bias)) };
      }),
      output: model.graph.output.map(({ name, type }) => ({
        name,
        type: {
          tensorType: {
            ...type.tensorType,
            shape: {
              dim: [{ dimParam: 'N' }, ...outputDims[name]!.map((dimValue) => ({ dimValue }))],
            },
          },
        },
      })),
    },
  });
}

/** Ways to make an artifact that must not be served. */
export interface FixtureOptions {
  /** Change the manifest after the hashes are in it. */
  readonly manifest?: (manifest: Manifest) => unknown;
  /** Written instead of the network, with the hash of the network. */
  readonly model?: Uint8Array;
  readonly card?: string;
  /** Written instead of an empty graph model for browsers, with the hash of the empty one. */
  readonly graph?: string;
  /** Another network, with its own hash. */
  readonly network?: Uint8Array;
  readonly version?: string;
  /** How much of each side of a photo the network is shown; all by default. */
  readonly crop?: number;
  /** With everything that an answer is held against. */
  readonly assessed?: boolean;
  /** With an index of similar cases: `FIXTURE_CASES`. */
  readonly similar?: boolean;
  /** Fitted for lesions with several photos, and for the patient's age. */
  readonly clinic?: boolean;
  /** Classes of its own: of the network's outputs the first of them, and further ones. */
  readonly taxonomy?: Taxonomy;
}

const SUBSPACE_PATH = 'feature-subspace.bin';
/** Around pure red, along green: blue is far from it. */
const SUBSPACE = Float32Array.of(1, 0, 0, 0, 1, 0);
const SHARE = { value: 0.9, interval: [0.8, 1] as [number, number] };
/** Sets hold the scores of at least 1 - coverage. */
function assessmentOf(taxonomy: Taxonomy): NonNullable<Manifest['assessment']> {
  const everyClass = COVERAGES.map((coverage) => taxonomy.classes.map(() => coverage));
  return {
    fittedOn: { split: 'by hand', images: 10, lesions: 10, folds: 2 },
    calibration: { eceBefore: 0.1, eceAfter: 0.01 },
    conformal: {
      default: 'lac',
      quantiles: { lac: everyClass, raps: everyClass },
      coverage90: { overall: SHARE, meanSize: 2 },
    },
    triage: {
      operatingPoints: Object.fromEntries(
        operatingPointNames(taxonomy).map((point) => [
          point,
          { [criticalMember(taxonomy)]: SHARE, malignantSensitivity: SHARE, specificity: SHARE },
        ]),
      ) as NonNullable<Manifest['assessment']>['triage']['operatingPoints'],
    },
    // Its pictures are of one colour.
    quality: { limits: { brightness: { min: 0.08 }, colour: { max: 1e6 } }, refusedLesions: SHARE },
    outOfDistribution: {
      method: 'residual',
      path: SUBSPACE_PATH,
      features: 3,
      components: 1,
      threshold: 0.5,
      refusedLesions: SHARE,
      auroc: 0.99,
    },
  };
}

/** Sets of several photos hold the scores of at least half of 1 - coverage. */
const LESIONS: NonNullable<Manifest['lesions']> = {
  fittedOn: { split: 'by hand', lesions: 10, severalPhotos: 5, folds: 2 },
  pooling: 'mean-logit',
  severalPhotos: {
    temperature: 1,
    quantiles: COVERAGES.map((coverage) => LABELS.map(() => (1 + coverage) / 2)),
    thresholds: {
      'melanoma-sensitivity-90': 0.4,
      'melanoma-sensitivity-95': 0.25,
      'melanoma-sensitivity-98': 0.2,
      'malignant-sensitivity-95': 0.3,
      'specificity-90': 0.5,
    },
  },
  measured: [],
};

/** Melanoma is commoner the older the patient is: by e at 80 years, rarer by as much at 20. */
const PATIENT: NonNullable<Manifest['patient']> = {
  fittedOn: { split: 'by hand', lesions: 10 },
  validatedOn: { split: 'by hand', lesions: 10 },
  strength: 0.5,
  logLossDifference: { value: -0.1, interval: [-0.2, -0.05] },
  age: {
    used: true,
    knots: [20, 50, 80],
    logFactors: [-2, 0, 2].map((factor) => LABELS.map((label) => (label === 'mel' ? factor : 0))),
  },
  sex: { used: false, reason: 'it changes nothing' },
  site: { used: false, reason: 'it is a habit of one collection' },
};

const THRESHOLDS = {
  'melanoma-sensitivity-90': 0.4,
  'melanoma-sensitivity-95': 0.3,
  'melanoma-sensitivity-98': 0.2,
  'malignant-sensitivity-95': 0.3,
  'specificity-90': 0.5,
};

/** Of classes with other operating points, each of them at 0.3. */
function thresholdsOf(taxonomy: Taxonomy): Manifest['thresholds'] {
  const known: Readonly<Record<string, number>> = THRESHOLDS;
  return Object.fromEntries(
    operatingPointNames(taxonomy).map((name) => [name, known[name] ?? 0.3]),
  );
}

/** Writes a model artifact around a tiny network into a new folder, and gives the folder. */
export function writeFixtureArtifact(options: FixtureOptions = {}): string {
  mkdirSync(FIXTURES, { recursive: true });
  const root = mkdtempSync(join(FIXTURES, 'model-'));
  writeFixtureVersion(root, options);
  return root;
}

/** Puts a version into a folder of artifacts and makes it the current one. */
export function writeFixtureVersion(root: string, options: FixtureOptions = {}): void {
  const { taxonomy = HAM10000 } = options;
  const labels = labelsOf(taxonomy);
  const {
    manifest: change,
    model,
    card,
    network = options.taxonomy ? tinyModelOf(labels.length) : TINY_MODEL,
    version = '0.0.1',
    crop = 1,
    graph,
  } = options;
  const { similar = false, clinic = false, assessed = clinic } = options;
  const similarCases = similar ? fixtureCases() : undefined;
  const files = {
    'model.onnx': network,
    'MODEL_CARD.md': Buffer.from('# A fixture\n'),
    ...(graph !== undefined && { 'tfjs/model.json': Buffer.from('{}') }),
    ...(assessed && { [SUBSPACE_PATH]: Buffer.from(SUBSPACE.buffer) }),
    ...similarCases?.files,
  };
  const outputs = {
    ...ENGINE.outputs,
    ...((assessed || similarCases) && { features: 'features' }),
  };
  const engine = { ...ENGINE, outputs };
  const manifest: Manifest = {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    name: 'naevus-fixture',
    version,
    createdAt: '2026-01-01T00:00:00Z',
    architecture: 'tiny',
    labels: labels as unknown as Manifest['labels'],
    ...(options.taxonomy && { taxonomy: options.taxonomy as Manifest['taxonomy'] }),
    preprocessing: { ...PREPROCESSING, crop },
    engines: {
      onnx: {
        ...engine,
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
    calibration: { method: 'none', temperature: 1, logitBias: labels.map(() => 0), ece: 0.01 },
    prior: {
      name: 'uniform',
      probabilities: Object.fromEntries(
        labels.map((label) => [label, 1 / labels.length]),
      ) as Manifest['prior']['probabilities'],
    },
    thresholds: assessed ? thresholdsOf(taxonomy) : {},
    ...(assessed && { assessment: assessmentOf(taxonomy) }),
    ...(similarCases && { similarCases: similarCases.spec }),
    ...(clinic && { lesions: LESIONS, patient: PATIENT }),
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
  const folder = join(root, version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(change?.(manifest) ?? manifest));
  if (assessed) writeFileSync(join(folder, SUBSPACE_PATH), SUBSPACE);
  for (const [path, bytes] of Object.entries(similarCases?.files ?? {})) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(folder, 'model.onnx'), model ?? network);
  writeFileSync(join(folder, 'MODEL_CARD.md'), card ?? files['MODEL_CARD.md']);
  if (graph !== undefined) {
    mkdirSync(join(folder, 'tfjs'), { recursive: true });
    writeFileSync(join(folder, 'tfjs/model.json'), graph);
  }
  useFixtureVersion(root, version);
}

/** Makes a version the current one, in one step. */
export function useFixtureVersion(root: string, version: string): void {
  const next = join(root, 'current.json.next');
  writeFileSync(next, JSON.stringify({ version }));
  renameSync(next, join(root, 'current.json'));
}
