import { describe, expect, it } from 'vitest';
import { LABELS } from '../taxonomy/fixtures/ham10000-classes.ts';
import { BODY_SITE_CODES, BODY_SITES, parseBodySite } from './body-site.ts';
import { hatWeights, patientFactors, withFactors } from './patient-factors.ts';
import { type PatientSpec, patientSpecSchema } from './patient-spec.ts';

const row = (mel: number, nv = 0) =>
  LABELS.map((label) => (label === 'mel' ? mel : label === 'nv' ? nv : 0));

const SPEC: PatientSpec = patientSpecSchema.parse({
  fittedOn: { split: 'training', lesions: 10 },
  validatedOn: { split: 'validation', lesions: 10 },
  strength: 0.5,
  logLossDifference: { value: -0.01, interval: [-0.02, -0.001] },
  age: { used: true, knots: [20, 40, 80], logFactors: [row(-2, 2), row(0), row(2, -2)] },
  sex: { used: false, reason: 'no gain' },
  site: {
    used: true,
    logFactors: Object.fromEntries(
      [
        'head and neck',
        'trunk',
        'upper extremity',
        'lower extremity',
        'hands and feet',
        'genital',
      ].map((group, i) => [group, row(i / 10)]),
    ),
  },
});
const mel = LABELS.indexOf('mel');

describe('patientFactors', () => {
  it('is linear between knots and constant beyond them', () => {
    const at = (age: number) =>
      Math.log(patientFactors({ age }, SPEC, '1.0.0', LABELS.length).factors[mel]!);
    expect(at(40)).toBeCloseTo(0, 12);
    expect(at(60)).toBeCloseTo(0.5, 12);
    expect(at(80)).toBeCloseTo(1, 12);
    expect(at(30)).toBeCloseTo(-0.5, 12);
    expect(at(0)).toBeCloseTo(at(20), 12);
    expect(at(120)).toBeCloseTo(at(80), 12);
    expect(hatWeights(20, [20, 40])).toEqual([1, 0]);
    expect(hatWeights(25, [20, 40])).toEqual([0.75, 0.25]);
  });

  it('adds what is used, and says what is not and why', () => {
    const { factors, used, unused } = patientFactors(
      { age: 60, sex: 'female', site: 'back' },
      SPEC,
      '1.0.0',
      LABELS.length,
    );
    expect(used).toEqual(['age', 'site']);
    expect(unused).toEqual([{ name: 'sex', reason: 'no gain' }]);
    expect(Math.log(factors[mel]!)).toBeCloseTo(0.5 * (1 + 0.1), 12);
  });

  it('changes nothing where nothing is known, or the version was not fitted', () => {
    expect(patientFactors({}, SPEC, '1.0.0', LABELS.length)).toEqual({
      factors: LABELS.map(() => 1),
      used: [],
      unused: [],
    });
    expect(patientFactors({ age: 60 }, undefined, '0.5.0', LABELS.length)).toEqual({
      factors: LABELS.map(() => 1),
      used: [],
      unused: [{ name: 'age', reason: 'version 0.5.0 was not fitted with patient data' }],
    });
  });
});

describe('withFactors', () => {
  it("follows Bayes' rule", () => {
    expect(withFactors([0.2, 0.8], [4, 1])).toEqual([0.5, 0.5]);
  });
});

describe('body sites', () => {
  it('has a code for one site alone', () => {
    expect(new Set(BODY_SITE_CODES).size).toBe(
      Object.values(BODY_SITES).flatMap((site) => site.snomedCt).length,
    );
    expect(parseBodySite('back')).toBe('back');
    expect(parseBodySite('66643007')).toBe('back');
    expect(parseBodySite('toString')).toBeUndefined();
    expect(parseBodySite('unknown')).toBeUndefined();
  });
});
