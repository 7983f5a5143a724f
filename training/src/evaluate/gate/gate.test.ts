import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gateMarkdown } from '../../reports/gate-markdown.ts';
import { predictionsCsv } from '../../reports/predictions-csv.ts';
import { writeTinyVersion } from '../../versions/fixtures/tiny-version.ts';
import { signVersion } from '../../versions/sign-version.ts';
import { readSigningKey, writeNewKey } from '../../versions/signing-key.ts';
import { verifyVersion } from '../../versions/verify-version.ts';
import type { Check } from './compare-models.ts';
import { gateImages, gateModel, policy, type Skill, type UNIFORM } from './fixtures/gate-case.ts';
import { comparableImages, type GateImage } from './gate-images.ts';
import { gatePolicySchema } from './gate-policy.ts';
import { imageGroups } from './image-groups.ts';
import { judgeCandidate } from './judge-candidate.ts';
import { readScores } from './read-scores.ts';
import { recordVerdict } from './record-verdict.ts';

const good: Skill = () => ({ right: 0.7 });

function judge(
  images: readonly GateImage[],
  options: Partial<Parameters<typeof judgeCandidate>[0]> = {},
) {
  const split = { validation: images.map(({ imageId }) => imageId) };
  return judgeCandidate({
    candidate: gateModel('2.0.0', split),
    current: images[0]!.current ? gateModel('1.0.0', split) : undefined,
    images,
    policy: policy(),
    ...options,
  });
}

const refusedFigures = (checks: readonly Check[]) =>
  checks
    .filter(({ verdict }) => verdict === 'refused')
    .map(({ group, figure }) => (group === undefined ? figure : `${group}: ${figure}`));

describe('a candidate against a current model', () => {
  it('passes when it is as good, and when it is better', () => {
    const same = judge(gateImages(good, good));
    expect(same.verdict).toBe('passed');
    expect(same.checks[0]).toMatchObject({
      figure: 'balancedAccuracy',
      images: 840,
      difference: 0,
      interval: { low: 0, high: 0 },
    });
    expect(same.data).toEqual({ sha256: 'd'.repeat(64), images: 840, lesions: 420 });
    const better = judge(gateImages(() => ({ right: 0.8, confidence: 0.8 }), good));
    expect(better.verdict).toBe('passed');
    expect(better.checks[0]!.interval.low).toBeGreaterThan(0);
  });

  it('passes when it is worse by no more than chance explains', () => {
    // A single melanoma of 120 more that is missed.
    const images = gateImages(good, good);
    const hit = images.findIndex(
      ({ label, candidate }) => label === 'mel' && candidate[LABELS.indexOf('mel')] === 0.7,
    );
    const missed = LABELS.map((label) => (label === 'nv' ? 0.7 : 0.05));
    const report = judge(images.with(hit, { ...images[hit]!, candidate: missed }));
    expect(report.verdict).toBe('passed');
    const sensitivity = report.checks.find(({ figure }) => figure === 'melanomaSensitivity')!;
    expect(sensitivity.difference).toBeCloseTo(-1 / 120, 9);
    expect(sensitivity.interval.high).toBe(0);
  });

  it.each<[string, Skill, string[]]>([
    [
      'in balanced accuracy',
      ({ label }) => ({ right: label === 'mel' ? 0.7 : 0.6 }),
      ['balancedAccuracy', 'logLoss'],
    ],
    [
      'in melanoma sensitivity',
      ({ label }) => ({ right: label === 'mel' ? 0.5 : 0.75 }),
      ['melanomaSensitivity', 'melanomaSensitivityServed'],
    ],
    ['in calibration', () => ({ right: 0.7, confidence: 0.95 }), ['logLoss', 'calibrationError']],
  ])('is refused when it is worse %s', (_, skill, figures) => {
    const report = judge(gateImages(skill, good));
    expect(report.verdict).toBe('refused');
    expect(refusedFigures(report.checks)).toEqual(expect.arrayContaining(figures));
    expect(gateMarkdown(report)).toContain('## Why it is refused');
  });

  it('is refused when it loses in a subgroup what it gains elsewhere', () => {
    const unfair: Skill = ({ sex }) => ({ right: sex === 'female' ? 0.55 : 0.9 });
    const report = judge(gateImages(unfair, good));
    const refused = refusedFigures(report.checks);
    expect(refused).toContain('sex female: balancedAccuracy');
    expect(refused.every((name) => name.startsWith('sex female: '))).toBe(true);
    expect(report.checks[0]!.verdict).toBe('passed');
    expect(report.verdict).toBe('refused');
    const lenient = policy({ subgroups: { margin: 0.3 } });
    expect(judge(gateImages(unfair, good), { policy: lenient }).verdict).toBe('passed');
  });

  it('says where a refused loss is no larger than what trainings of one recipe differ by', () => {
    const images = gateImages(({ label }) => ({ right: label === 'mel' ? 0.5 : 0.75 }), good);
    const spread = (melanomaSensitivity: number) =>
      judge(images, { policy: policy({ runSpread: { melanomaSensitivity } }) });
    const [within, beyond] = [spread(0.5), spread(0.01)];
    expect(within.verdict).toBe('refused');
    expect(within.notes).toEqual([
      expect.stringMatching(/one recipe differ.* melanoma sensitivity, uniform prior \(0.5\)/),
    ]);
    expect(beyond.verdict).toBe('refused');
    expect(beyond.notes).toEqual([]);
    expect(judge(gateImages(good, good)).notes).toEqual([]);
  });

  it('notes a loss in a subgroup that chance may explain, and passes', () => {
    const worse: Skill = ({ sex }) => ({
      right: sex === 'female' ? 0.6 : 0.78,
      independent: true,
    });
    const report = judge(gateImages(worse, good, { perClass: 24 }));
    expect(report.checks.filter(({ verdict }) => verdict === 'noted')).toContainEqual(
      expect.objectContaining({ group: 'sex female', figure: 'balancedAccuracy' }),
    );
    expect(report.verdict).toBe('passed');
  });

  it('decides for the uniform prior, whichever one the scores assume', () => {
    // The same model, its scores under a prior that makes nevi twenty times as common.
    const weights = LABELS.map((label) => (label === 'nv' ? 20 : 1));
    const images = gateImages(good, good).map((image) => {
      const raw = image.candidate.map((score, k) => score * weights[k]!);
      const total = raw.reduce((sum, score) => sum + score, 0);
      return { ...image, candidate: raw.map((score) => score / total) };
    });
    const split = { validation: [] };
    const probabilities = Object.fromEntries(
      LABELS.map((label, k) => [label, weights[k]! / 26]),
    ) as typeof UNIFORM;
    const { checks, notes } = judge(images, {
      candidate: gateModel('2.0.0', split, { prior: { name: 'training', probabilities } }),
    });
    expect(checks[0]).toMatchObject({ figure: 'balancedAccuracy', difference: 0 });
    expect(checks.find(({ figure }) => figure === 'melanomaSensitivityServed')!.verdict).toBe(
      'refused',
    );
    expect(notes).toEqual([expect.stringContaining('assume the uniform prior')]);
  });

  it('draws lesions, not images', () => {
    const images = gateImages(() => ({ right: 0.66 }), good);
    const [grouped, single] = [images, images.map((image) => ({ ...image, lesionId: null }))].map(
      (set) => judge(set).checks[0]!.interval,
    );
    expect(grouped).not.toEqual(single);
  });

  it('is not judged on too few images', () => {
    const images = gateImages(good, good, { perClass: 10 });
    expect(() => judge(images)).toThrow('70 images decide nothing: the policy asks for 100');
  });

  it('is refused where a figure is not defined', () => {
    const images = gateImages(good, good).filter(({ label }) => label !== 'mel');
    const report = judge(images);
    expect(refusedFigures(report.checks)).toEqual([
      'melanomaSensitivity',
      'melanomaSensitivityServed',
    ]);
    expect(gateMarkdown(report)).toContain('not defined');
  });
});

describe('a first model', () => {
  it('passes above the floors', () => {
    const report = judge(gateImages(() => ({ right: 0.85, confidence: 0.85 }), undefined));
    expect(report).toMatchObject({ verdict: 'passed', current: null, checks: [] });
    expect(report.floors.map(({ verdict }) => verdict)).toEqual(Array(4).fill('passed'));
    expect(gateMarkdown(report)).toContain('# Gate: 2.0.0 as a first model: passed');
  });

  it.each<[string, Skill, string]>([
    ['accuracy', () => ({ right: 0.4 }), 'balanced accuracy'],
    ['melanoma', ({ label }) => ({ right: label === 'mel' ? 0.4 : 0.9 }), 'melanoma sensitivity'],
    ['calibration', () => ({ right: 0.7, confidence: 0.95 }), 'calibration error'],
  ])('is refused below the floor of %s', (_, skill, title) => {
    const report = judge(gateImages(skill, undefined));
    expect(report.verdict).toBe('refused');
    const refused = report.floors.filter(({ verdict }) => verdict === 'refused');
    expect(refused.map((floor) => floor.title).join()).toContain(title);
  });
});

describe('an override', () => {
  const images = gateImages(() => ({ right: 0.5 }), good);

  it('passes what is refused, with its reason', () => {
    const report = judge(images, { overrideReason: 'The old model\nwas withdrawn.' });
    expect(report).toMatchObject({
      verdict: 'overridden',
      overrideReason: 'The old model\nwas withdrawn.',
    });
    expect(gateMarkdown(report)).toContain('by override:** The old model was withdrawn.');
  });

  it('is none without a reason, or where nothing is refused', () => {
    expect(judge(images, { overrideReason: '  ' }).verdict).toBe('refused');
    const passed = judge(gateImages(good, good), { overrideReason: 'to be sure' });
    expect(passed.verdict).toBe('passed');
    expect(passed.overrideReason).toBeUndefined();
  });
});

describe('comparableImages', () => {
  const model = (validation: string[], train: string[] = [], dataSha256?: string) =>
    gateModel('1.0.0', { validation, train }, dataSha256 === undefined ? {} : { dataSha256 });

  it('gives the validation side, sorted', () => {
    expect(comparableImages(model(['b', 'a']), model(['a', 'b']))).toEqual(['a', 'b']);
    expect(comparableImages(model(['b', 'a']), undefined)).toEqual(['a', 'b']);
    // The same images in other files: the report says so.
    expect(comparableImages(model(['a']), model(['a'], [], 'e'.repeat(64)))).toEqual(['a']);
  });

  it('refuses splits that differ', () => {
    expect(() => comparableImages(model(['a', 'b']), model(['c'], ['a']))).toThrow(
      "kept 0 of the 1 validation images of 1.0.0, too few to compare: 1.0.0 was trained on 1 of the candidate's 2. Train with --split",
    );
    const ten = [...'abcdefghij'];
    expect(() => comparableImages(model(ten.slice(2)), model(ten))).toThrow(
      'kept 8 of the 10 validation images of 1.0.0, too few to compare. Train',
    );
  });

  it('takes what both kept, where the candidate left a few out or has others besides', () => {
    const ten = [...'abcdefghij'];
    expect(comparableImages(model([...ten.slice(1), 'x']), model(ten))).toEqual(ten.slice(1));
    expect(() => comparableImages(model([]), undefined)).toThrow('no validation images');
  });

  it('says in the report when the files differ', () => {
    const images = gateImages(good, good);
    const current = gateModel('1.0.0', { validation: [] }, { dataSha256: 'e'.repeat(64) });
    expect(judge(images, { current }).notes).toEqual([expect.stringContaining('other files')]);
  });
});

describe('imageGroups', () => {
  it('groups by age band, sex and site, and leaves out what is not known', () => {
    const of = (metadata: Record<string, string>) => ({ metadata });
    const images = [
      of({ age: '29.9', sex: 'Male', localization: 'back' }),
      of({ age: '30', sex: 'unknown', localization: '' }),
      of({ age: '', sex: 'male' }),
      of({}),
    ];
    const sizes = imageGroups(images).map(({ name, images }) => [name, images.length]);
    expect(sizes).toEqual([
      ['age 30 to 44', 1],
      ['age under 30', 1],
      ['sex male', 2],
      ['site back', 1],
    ]);
  });
});

describe('the policy', () => {
  it('knows its members and no others', () => {
    expect(gatePolicySchema.parse({ subgroups: { margin: 0.1 } }).subgroups).toMatchObject({
      margin: 0.1,
      minImages: 60,
    });
    expect(gatePolicySchema.safeParse({ subgroups: { margins: 0.1 } }).success).toBe(false);
    expect(gatePolicySchema.safeParse({ floors: { macroAuc: 2 } }).success).toBe(false);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gate-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('records a verdict in the manifest, and the version stays whole', async () => {
    const version = await writeTinyVersion(folder, '2.0.0');
    const report = judge(
      gateImages(() => ({ right: 0.5 }), good),
      { overrideReason: 'Why.' },
    );
    await recordVerdict(version, report, gateMarkdown(report));
    // Twice is once.
    await recordVerdict(version, report, gateMarkdown(report));
    const { faults, loaded } = await verifyVersion(version, { version: '2.0.0' });
    expect(faults).toEqual([]);
    expect(loaded!.manifest.gate).toEqual({
      verdict: 'overridden',
      comparedWith: '1.0.0',
      overrideReason: 'Why.',
    });
    expect(await readFile(join(version, 'reports/gate.md'), 'utf8')).toBe(gateMarkdown(report));
  });

  it('records no refusal, and nothing under a signature', async () => {
    const version = await writeTinyVersion(folder, '2.0.0');
    const refused = judge(gateImages(() => ({ right: 0.5 }), good));
    await expect(recordVerdict(version, refused, gateMarkdown(refused))).rejects.toThrow(
      'a refusal is not recorded',
    );
    await writeNewKey(join(folder, 'key'));
    await signVersion(version, await readSigningKey(join(folder, 'key'), () => {}));
    const before = await readFile(join(version, 'manifest.json'));
    await expect(recordVerdict(version, judge(gateImages(good, good)), '')).rejects.toThrow(
      'is signed',
    );
    expect(await readFile(join(version, 'manifest.json'))).toEqual(before);
  });

  it('reads the scores of the model that it is about, and of no other', async () => {
    const file = join(folder, 'scores.json');
    const scores = [0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1];
    await writeFile(join(folder, 'scores.csv'), predictionsCsv([{ imageId: 'a', scores }]));
    await writeFile(file, JSON.stringify({ modelSha256: 'm', data: { sha256: 'd' } }));
    expect(await readScores(file, 'm')).toEqual({
      scores: new Map([['a', scores]]),
      dataSha256: 'd',
    });
    await expect(readScores(file, 'other')).rejects.toThrow('is of another model');
    await cp(file, join(folder, 'alone.json'));
    await expect(readScores(join(folder, 'alone.json'), 'm')).rejects.toThrow('alone.csv: ENOENT');
    await writeFile(file, '[]');
    await expect(readScores(file, 'm')).rejects.toThrow('is not what evaluate writes');
  });
});
