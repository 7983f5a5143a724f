import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createResampler } from '@naevus/shared/image/resampler';
import { readCaseIndex } from '@naevus/shared/model/case-index';
import { picturePlaces } from '@naevus/shared/model/case-pictures';
import { readFeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { manifestSchema } from '@naevus/shared/model/manifest';
import { type ArtifactSource, loadFile } from '@naevus/shared/model/verify';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { loadDataset } from '../data/load/dataset.ts';
import { loadDriftReference } from '../evaluate/drift/reference.ts';
import { type FinishedRun, readFinishedRun } from '../run/finished-run.ts';
import { type SmallRun, writeSmallRun } from '../run/fixtures/small-run.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { type ExportedVersion, exportRun } from './export-run.ts';

const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
const kernels = new WebAssembly.Module(readFileSync(wasm));
const resampler = createResampler(kernels);

let folder: string;
let small: SmallRun;
let run: FinishedRun;
let exported: ExportedVersion;
let lines: string[];

const digests = (files: ExportedVersion['files']) =>
  Object.fromEntries(
    [...files].map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')]),
  );

const exporting = async (changes: Partial<Parameters<typeof exportRun>[0]> = {}) =>
  exportRun({
    scorePrior: 'training',
    run,
    dataset: await loadDataset({ directory: small.data }),
    version: '1.2.3',
    nonLesions: fileURLToPath(new URL('../../non-lesions', import.meta.url)),
    prepare: imagePreparation(resampler, 1),
    kernels,
    log: (line) => lines.push(line),
    ...changes,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
  small = await writeSmallRun(folder);
  run = await readFinishedRun(small.run);
  lines = [];
  exported = await exporting();
});
afterAll(() => rm(folder, { recursive: true }));

describe('exportRun', () => {
  it('makes every file of the contract, and a manifest that fits them', async () => {
    const { files } = exported;
    const source: ArtifactSource = {
      read: async (path) => {
        const bytes = files.get(path);
        return bytes && new Uint8Array(bytes);
      },
    };
    const { manifest } = await loadManifest(source);
    const listed = manifest.files.map(({ path }) => path);
    expect([...listed, 'manifest.json'].sort()).toEqual([...files.keys()].sort());
    for (const path of listed) await loadFile(source, manifest, path);
    for (const name of ['metrics', 'subgroups', 'class-weights', 'split', 'history', 'parity']) {
      expect(listed).toContain(`reports/${name}.json`);
    }
    expect(listed).toEqual(
      expect.arrayContaining([
        'model.onnx',
        'tfjs/model.json',
        'MODEL_CARD.md',
        'reports/confusion-matrix.svg',
        'reports/reliability.svg',
        'reports/gradcam-gallery.svg',
        'reports/report.html',
      ]),
    );
    expect(manifest).toMatchObject({
      name: 'naevus-efficientnet-b0',
      version: '1.2.3',
      createdAt: '2026-01-02T03:04:05.000Z',
      labels: LABELS,
      engines: {
        onnx: { path: 'model.onnx', input: { layout: 'NCHW', shape: [null, 3, 224, 224] } },
        tfjs: { path: 'tfjs/model.json', input: { layout: 'NHWC', shape: [null, 224, 224, 3] } },
      },
      training: { trainImages: 7, validationImages: 14, dataset: 'small' },
      parity: { images: 14, topClassAgreement: 1 },
      metrics: {
        accuracy: exported.metrics.metrics.accuracy,
        melanomaSensitivity: exported.metrics.metrics.perClass[4]!.recall,
      },
      calibration: { ece: exported.metrics.metrics.expectedCalibrationError },
    });
    expect(manifest.parity.maxAbsProbabilityDifference).toBeLessThan(1e-4);
  });

  it('scores the validation side and nothing else', () => {
    const { data, metrics } = exported.metrics;
    expect(data).toMatchObject({ images: 14, lesions: 7, unreadable: [] });
    expect(metrics.perClass.map(({ support }) => support)).toEqual(LABELS.map(() => 2));
    expect(exported.engineAgreement.images.toSorted()).toEqual(small.split.validation);
  });

  it('indexes the training lesions, with a picture of each while there is room', async () => {
    const { files } = exported;
    const manifest = manifestSchema.parse(
      JSON.parse(Buffer.from(files.get('manifest.json')!).toString()),
    );
    const spec = manifest.similarCases!;
    const { cases } = readCaseIndex(files.get(spec.path)!, spec, LABELS.length);
    expect(cases.map(({ imageId }) => imageId)).toEqual(small.split.train.toSorted());
    expect(cases.map(({ label }) => label).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(spec.measured).toMatchObject({ split: 'validation', images: 14, lesions: 7 });
    const places = picturePlaces(cases, spec.pictures!);
    expect([...places.keys()]).toEqual(cases.map(({ imageId }) => imageId));
    for (const { path, start, end } of places.values()) {
      const { format, width, height } = await sharp(
        files.get(path)!.subarray(start, end),
      ).metadata();
      expect(format).toBe('webp');
      expect(Math.max(width, height)).toBeLessThanOrEqual(240);
    }
    const report = JSON.parse(Buffer.from(files.get('reports/similarity.json')!).toString());
    expect(report.all.precision['5'].value).toBe(spec.measured.precisionAt5);
    expect(Buffer.from(files.get('MODEL_CARD.md')!).toString()).toContain('## Similar cases');
  });

  it('carries the reports of the run as they are', async () => {
    const split = await readFile(join(small.run, RUN_FILES.split));
    expect(Buffer.from(exported.files.get('reports/split.json')!).equals(split)).toBe(true);
  });

  it('gives the same bytes again', async () => {
    expect(digests((await exporting()).files)).toEqual(digests(exported.files));
  });

  it('lets the scores assume another prior, in the manifest as in the metrics', async () => {
    const prior = { ...run.record.prior, nv: 0.25, mel: 2 / 7 - 0.25 };
    const skewed = { ...run, record: { ...run.record, prior } };
    const { files, metrics } = await exporting({ run: skewed, scorePrior: 'uniform' });
    const manifest = JSON.parse(Buffer.from(files.get('manifest.json')!).toString());
    const even = Object.fromEntries(LABELS.map((label) => [label, 1 / 7]));
    expect(manifest.prior).toEqual({ name: 'uniform', probabilities: even });
    const bias = manifest.calibration.logitBias[LABELS.indexOf('nv')];
    expect(bias).toBeCloseTo(Math.log(1 / 7) - Math.log(0.25));
    expect(metrics.calibration.logitBias).toEqual(manifest.calibration.logitBias);
    expect(metrics.uniformPriorDecision.confusion).toEqual(metrics.metrics.confusion);
  });

  it('fits what answers are held against, where there are lesions enough', async () => {
    const { files, metrics } = await exporting({ fewestLesions: 7, explainedImages: 2 });
    const manifest = manifestSchema.parse(
      JSON.parse(Buffer.from(files.get('manifest.json')!).toString()),
    );
    const spec = manifest.assessment!;
    expect(spec.fittedOn).toMatchObject({ images: 14, lesions: 7, folds: 7 });
    const { path, features, components } = spec.outOfDistribution;
    const subspace = readFeatureSubspace(new Uint8Array(files.get(path)!), {
      features,
      components,
    });
    expect(subspace.mean).toHaveLength(1280);
    expect(Object.keys(manifest.thresholds)).toContain('melanoma-sensitivity-95');
    expect(manifest.engines.onnx.outputs.features).toBe('features');
    expect(manifest.calibration.ece).toBe(metrics.metrics.expectedCalibrationError);
    expect(files.has('reports/prediction-sets.svg')).toBe(true);
    const source: ArtifactSource = {
      read: async (name) => files.get(name) && new Uint8Array(files.get(name)!),
    };
    expect(await loadDriftReference(source, manifest)).toMatchObject({ images: 14, lesions: 7 });
    const card = Buffer.from(files.get('MODEL_CARD.md')!).toString();
    expect(card).toContain('## How far an answer goes');
    expect(card).toContain('the 14 validation images of 7 lesions');
    expect(card).not.toMatch(/undefined|NaN/);
    expect(card).toContain('## Test-time augmentation');
    expect(card).toContain('## Heat maps, checked');
    const report = (name: string) =>
      JSON.parse(Buffer.from(files.get(`reports/${name}`)!).toString());
    const { byViews } = report('test-time-augmentation.json');
    expect(byViews.map(({ views }: { views: number }) => views)).toEqual([1, 2, 4, 8]);
    // One view is what the other reports are of.
    expect(byViews[0].figures.logLoss.value).toBeCloseTo(metrics.metrics.logLoss, 9);
    const { deletionInsertion, randomisedWeights } = report('explanations.json');
    expect(deletionInsertion.images).toBe(2);
    expect(randomisedWeights.cascade).toHaveLength(10);
    const page = Buffer.from(files.get('reports/report.html')!).toString();
    expect(page).toContain('deletion-insertion.svg');
    expect(files.has('reports/randomised-weights.svg')).toBe(true);
    expect(exported.files.has(path)).toBe(false);
  });

  it('says where the data were, nowhere in what it writes', () => {
    for (const [path, bytes] of exported.files) {
      if (/\.(json|md|svg|html)$/.test(path))
        expect(Buffer.from(bytes).includes(folder)).toBe(false);
    }
  });

  it('refuses other data than the run was trained on', async () => {
    const dataset = await loadDataset({ directory: small.data });
    const other = { ...dataset, dataSha256: 'f'.repeat(64) };
    await expect(exporting({ dataset: other })).rejects.toThrow('not the data of the run');
  });

  it('writes nothing when a validation image cannot be read', async () => {
    const prepare = async () => {
      throw new Error('it is cut off');
    };
    await expect(exporting({ prepare })).rejects.toThrow(/14 of the run's images.*it is cut off/);
  });

  it('falls back to single precision where half precision moves the scores too far', async () => {
    // Weights so small that half precision has next to no digits for them.
    const parameters = new Map(run.parameters);
    for (const name of ['classifier.weight', 'classifier.bias']) {
      const values = run.parameters.get(name)!;
      parameters.set(
        name,
        values.map((value) => value * 1e-7),
      );
    }
    const calibration = { ...run.record.calibration, temperature: 1e-6 };
    lines = [];
    const small = { ...run, parameters, record: { ...run.record, calibration } };
    const { engineAgreement, files } = await exporting({ run: small });
    expect(engineAgreement.weights).toBe('float32');
    expect(lines.join('\n')).toContain('float32 weights instead');
    expect(files.get('model.onnx')!.length).toBeGreaterThan(16e6);
  });
});

describe('readFinishedRun', () => {
  it.each([
    [RUN_FILES.record, 'is not a finished run'],
    [RUN_FILES.weights, 'cannot read the weights'],
    [RUN_FILES.history, 'history.json cannot be read (ENOENT)'],
  ])('says when %s is missing', async (name, message) => {
    const path = join(small.run, name);
    const bytes = await readFile(path);
    await rm(path);
    try {
      await expect(readFinishedRun(small.run)).rejects.toThrow(message);
    } finally {
      await writeFile(path, bytes);
    }
  });

  it('names what does not fit', async () => {
    const path = join(small.run, RUN_FILES.record);
    const text = await readFile(path, 'utf8');
    try {
      await writeFile(path, text.replace('"seed": 5', '"seed": "five"'));
      await expect(readFinishedRun(small.run)).rejects.toThrow(/run\.json does not fit[\s\S]*seed/);
      await writeFile(
        path,
        text.replace(/"dataSha256": "\w+"/, `"dataSha256": "${'a'.repeat(64)}"`),
      );
      await expect(readFinishedRun(small.run)).rejects.toThrow('name different data');
    } finally {
      await writeFile(path, text);
    }
  });
});
