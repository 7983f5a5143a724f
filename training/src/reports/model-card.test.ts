import { DISCLAIMER } from '@naevus/shared/disclaimer';
import { LABELS, type Label, labelIndex } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import type { EngineAgreementReport } from '../convert/engine-agreement.ts';
import { KNOWN_SOURCES } from '../data/load/source-definition.ts';
import { CONTEXT, scoredImages } from '../evaluate/metrics/fixtures/scored-images.ts';
import { metricsReport } from '../evaluate/metrics/metrics-report.ts';
import { subgroupReport } from '../evaluate/metrics/subgroups.ts';
import type { RunRecord } from '../run/run-record.ts';
import { HELD_OUT_REPORTS } from './fixtures/held-out-reports.ts';
import { modelCard } from './model-card.ts';

const each = (value: number) =>
  Object.fromEntries(LABELS.map((label) => [label, value])) as Record<Label, number>;
const record: RunRecord = {
  schemaVersion: 1,
  finishedAt: '2026-05-06T07:08:09.000Z',
  architecture: 'efficientnet-b0',
  method: 'A dense head on a frozen backbone.',
  seed: 3,
  dataset: 'ham10000',
  dataSha256: 'b'.repeat(64),
  configSha256: 'c'.repeat(64),
  codeCommit: 'd'.repeat(40),
  initialWeights: 'weights.safetensors (sha256 e)',
  counts: { train: each(11), validation: each(3) },
  crop: 0.875,
  prior: CONTEXT.prior,
  calibration: { method: 'none', temperature: 1, logitBias: LABELS.map(() => 0.25) },
  dataSource: { directory: '/home/someone/images' },
};
const engineAgreement: EngineAgreementReport = {
  schemaVersion: 1,
  images: [],
  weights: 'float16',
  engines: {
    compared: ['onnxruntime', 'tfjs'],
    images: 64,
    maxAbsProbabilityDifference: 3.21e-6,
    topClassAgreement: 1,
  },
  rounding: { images: 64, maxAbsProbabilityDifference: 4.56e-3, topClassAgreement: 1 },
};
const images = scoredImages(150, 9);
const metrics = metricsReport(images, CONTEXT);
const subgroups = subgroupReport(
  images.map((image, i) => ({ ...image, metadata: { sex: i % 2 === 0 ? 'female' : 'male' } })),
  CONTEXT.prior,
  { seed: 1, resamples: 100 },
);

const SPLIT = {
  train: Array.from({ length: 77 }, (_, i) => `t${i}`),
  validation: Array.from({ length: 21 }, (_, i) => `v${i}`),
  groups: {
    total: 90,
    lesions: 90,
    images_without_lesion: 0,
    byte_identical_pairs: 0,
    same_picture_pairs: 0,
    pairs_across_lesions: 0,
    mixed_labels: 0,
  },
};
const HAM10000 = { ...KNOWN_SOURCES[0]!, trainImages: 77, validationImages: 21 };
const DATA = { sources: [HAM10000], split: SPLIT };

describe('modelCard', () => {
  const card = modelCard({
    record,
    scorePrior: 'training',
    metrics,
    subgroups,
    engineAgreement,
    ...DATA,
  });

  it('has the sections of Mitchell et al. and the disclaimer', () => {
    expect(card).toContain(DISCLAIMER);
    const sections = [...card.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(sections).toEqual([
      'Model details',
      'Intended use',
      'Factors and limits',
      'Training data',
      'Evaluation',
      'Scores and preprocessing',
      'Ethical considerations',
    ]);
    expect(card).toContain('CC BY-NC 4.0');
    expect(card).toContain('weights CC-BY-NC-4.0 (non-commercial');
    expect(card).toContain('Tschandl');
    expect(card).toContain('Phone photographs are outside');
    expect(card).toContain('almost only light skin');
  });

  it('describes own data by their own description', () => {
    const clinic = {
      ...HAM10000,
      ...{ name: 'clinic', title: 'Our clinic', licence: 'CC0', attribution: 'A. Author, Lima' },
      description: 'Dermoscopic images from Lima.',
    };
    const own = modelCard({
      ...{ record, scorePrior: 'training', metrics, subgroups, engineAgreement },
      ...{ sources: [clinic], split: SPLIT },
    });
    expect(own).toContain('Trained on Our clinic: A. Author, Lima (CC0).');
    expect(own).toContain('weights CC0, code Apache-2.0');
    expect(own).toContain('Dermoscopic images from Lima.');
    expect(own).toContain('Which skin tones the data show is not known');
    expect(own).not.toMatch(/HAM10000|Tschandl|Vienna|Austria|BY-NC|commercial/);
  });

  it('says that data are not described, and lesions not told apart, where that is so', () => {
    const groups = { ...SPLIT.groups, images_without_lesion: 98 };
    const unknown = modelCard({
      ...{ record: { ...record, dataset: 'mine' }, scorePrior: 'training', metrics, subgroups },
      ...{ engineAgreement, sources: [], split: { ...SPLIT, groups } },
    });
    expect(unknown).toContain('weights not known, code Apache-2.0. Trained on mine. Who made');
    expect(unknown).toContain('whether a lesion is on both sides of the split cannot be known');
    expect(unknown).toContain('How the diagnoses were made is not known');
    expect(unknown).not.toMatch(/HAM10000|Tschandl|Vienna|Austria|BY-NC|no lesion id is on both/);
    expect(card).toContain('so that no lesion id is on both sides');
    const some = modelCard({
      ...{ record, scorePrior: 'training', metrics, subgroups, engineAgreement, ...DATA },
      split: { ...SPLIT, groups: { ...SPLIT.groups, images_without_lesion: 5 } },
    });
    expect(some).toContain('Of 98 images for 5 of them the data do not say which lesion they show');
  });

  it('keeps the licence of weights that training went on from', () => {
    const initialWeights = 'naevus-efficientnet-b0 0.5.0 (sha256 e)';
    const continued = modelCard({
      ...{ record: { ...record, initialWeights }, scorePrior: 'training', metrics, subgroups },
      ...{ engineAgreement, ...DATA, sources: [] },
    });
    expect(continued).toContain('weights CC-BY-NC-4.0 (non-commercial, with attribution)');
  });

  it('repeats the figures of the reports and no others', () => {
    const { metrics: report, intervals } = metrics;
    const row = (name: string) => card.split('\n').find((line) => line.startsWith(`| ${name}`))!;
    expect(row('accuracy')).toContain(`| ${report.accuracy.toFixed(3)} (`);
    expect(row('balanced accuracy')).toContain(report.balancedAccuracy.toFixed(3));
    expect(row('balanced accuracy')).toContain(intervals.headline.balancedAccuracy.low!.toFixed(3));
    expect(row('macro AUC')).toContain(report.macro.auc.value!.toFixed(3));
    for (const [k, label] of LABELS.entries()) {
      const line = card.split('\n').findLast((text) => text.startsWith(`| ${label} · `))!;
      expect(line).toContain(`| ${report.perClass[k]!.support} |`);
      expect(line).toContain(report.perClass[k]!.auc!.toFixed(3));
    }
    const melanomas = images.filter(({ label }) => label === 'mel');
    const missed = melanomas.filter(
      ({ scores }) => scores.indexOf(Math.max(...scores)) !== labelIndex('mel'),
    );
    expect(card).toContain(
      `Of ${melanomas.length} melanoma images, ${missed.length} got another top class`,
    );
    expect(card).toContain('differ by at most 3.2e-6');
    expect(card).toContain('at most 4.6e-3 against single precision');
    expect(card).toContain('77 training images');
  });

  it('breaks the figures down by what the metadata say', () => {
    const [female] = subgroups.attributes[0]!.groups;
    const { value, interval } = female!.figures.accuracy;
    expect(card).toContain(
      `| female | ${female!.images} | ${female!.lesions} | ${value!.toFixed(3)} (${interval.low!.toFixed(3)} to `,
    );
    const silent = { ...subgroups, attributes: [] };
    const without = modelCard({
      record,
      scorePrior: 'training',
      metrics,
      subgroups: silent,
      engineAgreement,
      ...DATA,
    });
    expect(without).not.toContain('Groups differ');
  });

  it('says what more views gain and what the checks of the heat maps show, by their intervals', () => {
    const card = modelCard({
      record,
      scorePrior: 'training',
      metrics,
      subgroups,
      engineAgreement,
      ...DATA,
      heldOut: HELD_OUT_REPORTS,
    });
    expect(card).toContain('a gain in accuracy, balanced accuracy');
    expect(card).toContain('and a loss in log loss, calibration error (ECE)');
    expect(card).toContain(
      'grad-cam (7×7) against random patches: deletion better, insertion better.',
    );
    expect(card).toContain(
      'dense-grad-cam (14×14) against grad-cam (7×7): deletion no difference shown, insertion worse.',
    );
    expect(card).toContain('grad-cam has no more of the trained map than an unrelated image has');
    expect(card).toContain('dense-grad-cam KEEPS more');
    expect(card).not.toMatch(/undefined|NaN|null/);
  });

  it('says nothing of the machine it was made on', () => {
    expect(card).not.toContain('/home/');
  });

  it('leaves out what does not hold', () => {
    const single = modelCard({
      record,
      scorePrior: 'training',
      metrics,
      subgroups,
      engineAgreement: { ...engineAgreement, weights: 'float32' },
      ...DATA,
    });
    expect(single).not.toContain('Half-precision');
    expect(card).not.toMatch(/undefined|NaN|null/);
  });

  it('says which class distribution the scores assume', () => {
    const { recall } = metrics.uniformPriorDecision;
    expect(card).toContain('takes the logits to the training prior');
    expect(card).toContain(`melanoma recall ${recall[labelIndex('mel')]!.toFixed(3)}`);
    const uniform = modelCard({
      record,
      scorePrior: 'uniform',
      metrics,
      subgroups,
      engineAgreement,
      ...DATA,
    });
    expect(uniform).toContain('takes the logits to the uniform prior');
    expect(uniform).toContain('not the probability of a disease in any clinic');
  });
});
