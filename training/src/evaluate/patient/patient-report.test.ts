import { patientSpecSchema } from '@naevus/shared/answer/patient-spec';
import { softmax } from '@naevus/shared/answer/probabilities';
import { createRandom } from '@naevus/shared/statistics/random';
import { CLASS_COUNT, LABELS, type Label } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../data/load/dataset.ts';
import { labelIndex } from '../../taxonomy/current.ts';
import type { FittedAssessment } from '../assessment/fit-assessment.ts';
import { fitPatientEffects, logFactors } from './fit-patient-effects.ts';
import { patientRecord } from './patient-records.ts';
import { buildPatient, patientSpec } from './patient-report.ts';

const THRESHOLDS = Object.fromEntries(
  ['90', '95', '98'].map((share) => [`melanoma-sensitivity-${share}`, 0.3]),
) as unknown as FittedAssessment['thresholds'];

/**
 * Naevi are of the young and melanomas of the old; the sex tells nothing; the site tells of melanoma in
 * collection a, and the opposite in b.
 */
function draw(count: number, seed: number): Sample[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const label: Label = i % 2 === 0 ? 'mel' : 'nv';
    const age = 5 * Math.round((label === 'mel' ? 62 : 42) / 5 + 2.5 * random.normal());
    const source = i % 4 < 2 ? 'a' : 'b';
    const likesBack = (label === 'mel') === (source === 'a');
    return {
      imageId: `I${seed}-${i}`,
      path: '',
      label,
      lesionId: `L${seed}-${i}`,
      sha256: '',
      source: '',
      metadata: {
        age: String(Math.min(Math.max(age, 5), 90)),
        sex: random.next() < 0.5 ? 'female' : 'male',
        localization: random.next() < (likesBack ? 0.8 : 0.3) ? 'back' : 'face',
        source,
        dx_type: 'histo',
      },
    };
  });
}

const training = draw(2000, 1);
const validation = draw(1200, 2);

function images(samples: readonly Sample[], seed = 7) {
  const random = createRandom(seed);
  return samples.map(({ imageId, label, lesionId }) => {
    const logits = Float32Array.from({ length: CLASS_COUNT }, (_, k) =>
      k === labelIndex('mel') || k === labelIndex('nv')
        ? random.normal() + (k === labelIndex(label) ? 1 : 0)
        : -6,
    );
    return {
      image: { imageId, label, lesionId, source: '', logits, distance: 0, quality: {} as never },
      scores: softmax(logits),
      fitted: { thresholds: THRESHOLDS } as FittedAssessment,
    };
  });
}

describe('buildPatient', () => {
  const prior = LABELS.map(() => 1 / CLASS_COUNT);
  const built = buildPatient({ training, validation, images: images(validation), prior, seed: 4 })!;
  const tried = (variable: string) => built.report.tried.find((one) => one.variable === variable)!;

  it('keeps the age, which holds in each collection', () => {
    expect(built.report.used).toEqual(['age']);
    expect(tried('age').overall.interval[1]).toBeLessThan(0);
    expect(tried('age').byPart.map(({ part }) => part)).toEqual(['a, histo', 'b, histo']);
    expect(built.report.logLossDifference!.interval[1]).toBeLessThan(0);
  });

  it('drops the sex, which tells nothing, and the site, which one collection alone has so', () => {
    expect(tried('sex').reason).toContain('beyond its interval');
    expect(tried('site').kept).toBe(false);
    const spec = patientSpecSchema.parse(patientSpec(built));
    expect(spec.site).toMatchObject({ used: false });
    expect(spec.age).toMatchObject({ used: true });
  });

  it('says what the patient raises, and finds no fewer melanomas', () => {
    for (const row of built.report.triageByAge) {
      if (row.melanomaSensitivity.with.value === null) continue;
      expect(row.melanomaSensitivity.with.value).toBeGreaterThanOrEqual(
        row.melanomaSensitivity.without.value!,
      );
      expect(row.specificity.with.value!).toBeLessThanOrEqual(row.specificity.without.value!);
    }
    expect(built.report.triageByAge.reduce((sum, { melanomas }) => sum + melanomas, 0)).toBe(600);
  });

  it('keeps nothing where the metadata say nothing', () => {
    const bare = (samples: readonly Sample[]) => samples.map((one) => ({ ...one, metadata: {} }));
    expect(
      buildPatient({
        training: bare(training),
        validation: bare(validation),
        images: images(validation),
        prior,
        seed: 4,
      }),
    ).toBeUndefined();
  });
});

describe('fitPatientEffects', () => {
  it('does not learn how often a part has a class', () => {
    // In part a all are naevi and old, in part b all are melanomas and young: the age tells nothing.
    const records = Array.from({ length: 400 }, (_, i) =>
      patientRecord({
        label: i % 2 === 0 ? 'nv' : 'mel',
        lesionId: `L${i}`,
        source: '',
        metadata: { age: i % 2 === 0 ? '80' : '20', source: i % 2 === 0 ? 'a' : 'b' },
      }),
    );
    const effects = fitPatientEffects(records, ['age']);
    for (const factor of logFactors(records[0]!, effects))
      expect(Math.abs(factor)).toBeLessThan(0.5);
  });

  it('reads what collections call the sites, and leaves unknown what is unknown', () => {
    const read = (metadata: Record<string, string>) =>
      patientRecord({ label: 'nv', lesionId: null, source: '', metadata });
    expect(read({ age: '35.0', sex: 'Female', localization: 'posterior torso' })).toMatchObject({
      ...{ age: 35, sex: 'female', site: 'trunk', collection: 'all' },
    });
    expect(read({ age: '', sex: 'unknown', localization: 'unknown' })).toMatchObject({
      ...{ age: undefined, sex: undefined, site: undefined },
    });
    const [unknown] = [read({})];
    expect(logFactors(unknown!, fitPatientEffects([unknown!], ['age', 'sex', 'site']))).toEqual(
      LABELS.map(() => 0),
    );
  });
});
