import { type AssessmentSpec, assessmentSpecSchema } from '@naevus/shared/answer/assessment-spec';
import { operatingPointNames } from '@naevus/shared/answer/operating-point';
import { COVERAGES } from '@naevus/shared/answer/prediction-set';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { describe, expect, it } from 'vitest';
import { classTexts } from '../language/class-texts.ts';
import { assessmentSchema } from '../schemas/assessment.ts';
import { ABSTENTION_REASONS } from '../schemas/reasons.ts';
import { type AssessedModel, assess as assessBy, type ScoredMeasurements } from './assess.ts';

const share = { value: 0.9, interval: [0.8, 1] as [number, number] };
/** The higher the coverage, the lower the score that keeps a class in; df is never excluded. */
const rows = COVERAGES.map((coverage) => LABELS.map((label) => (label === 'df' ? null : coverage)));

const spec: AssessmentSpec = assessmentSpecSchema.parse({
  fittedOn: { split: 'validation', images: 10, lesions: 10, folds: 2 },
  calibration: { eceBefore: 0.1, eceAfter: 0.01 },
  conformal: {
    default: 'lac',
    quantiles: { lac: rows, raps: rows },
    coverage90: { overall: share, meanSize: 2 },
  },
  triage: {
    operatingPoints: Object.fromEntries(
      operatingPointNames(HAM10000).map((point) => [
        point,
        { melanomaSensitivity: share, malignantSensitivity: share, specificity: share },
      ]),
    ),
  },
  quality: { limits: { sharpness: { min: 0.4 } }, refusedLesions: share },
  outOfDistribution: {
    method: 'residual',
    path: 'subspace.bin',
    features: 3,
    components: 1,
    threshold: 0.5,
    refusedLesions: share,
    auroc: 0.99,
  },
});
const manifest = {
  assessment: spec,
  thresholds: {
    ...Object.fromEntries(operatingPointNames(HAM10000).map((point) => [point, 0.2])),
    'melanoma-sensitivity-98': 0.05,
    'specificity-90': 0.6,
  },
};

/** By a version with HAM10000's classes. */
function assess(
  measured: ScoredMeasurements,
  manifest: AssessedModel['manifest'],
  ...options: [options?: Parameters<typeof assessBy>[2], factors?: Parameters<typeof assessBy>[3]]
) {
  return assessBy(measured, { taxonomy: HAM10000, manifest }, ...options);
}

function measurements(
  malignant: number,
  {
    sharpness = 0.7,
    distance = 0.1,
    aspectRatio = 4 / 3,
  }: { sharpness?: number; distance?: number; aspectRatio?: number } = {},
): ScoredMeasurements {
  const quality = {
    sharpness,
    brightness: 0.6,
    clipped: 0,
    lesion_contrast: 0.2,
    colour: -6,
    lesion_area: 0.3,
    hair: 0,
  };
  // akiec, bcc and mel share the malignant score; nv has the rest.
  const third = malignant / 3;
  const scores = [third, third, 0, 0, third, 1 - malignant, 0];
  return { scores, quality, distance, aspectRatio };
}

const codes = (answer: ReturnType<typeof assess>) =>
  answer.assessment.reasons.map(({ code }) => code);

describe('assess', () => {
  it.each([
    [0.1, 'routine', false, 'below-threshold'],
    [0.2, 'review', true, 'above-threshold'],
    [0.75, 'refer', true, 'far-above-threshold'],
  ] as const)('says of a malignant score of %d: %s', (malignant, triage, flagged, reason) => {
    const answer = assess(measurements(malignant), manifest);
    expect(answer.assessment).toMatchObject({
      malignant_score: expect.closeTo(malignant, 9),
      threshold: 0.2,
      triage,
      flagged,
      abstained: false,
    });
    expect(codes(answer)[0]).toBe(reason);
    expect(assessmentSchema.parse(answer.assessment)).toEqual(answer.assessment);
  });

  it('cuts where the operating point asked for does', () => {
    const answer = assess(measurements(0.1), manifest, {
      operatingPoint: 'melanoma-sensitivity-98',
    });
    expect(answer.assessment).toMatchObject({
      operating_point: 'melanoma-sensitivity-98',
      threshold: 0.05,
      triage: 'review',
    });
  });

  it('gives the set of the coverage asked for, which only grows with it', () => {
    // Scores of at least 1 - coverage are kept; 0.05 each for akiec, bcc and mel.
    expect(assess(measurements(0.15), manifest, { coverage: 0.9 }).prediction_set).toEqual({
      coverage: 0.9,
      labels: ['df', 'nv'],
    });
    const wide = assess(measurements(0.15), manifest, { coverage: 0.96 });
    expect(wide.prediction_set!.labels).toEqual(['akiec', 'bcc', 'df', 'mel', 'nv']);
    expect(codes(wide)).toContain('melanoma-not-excluded');
    expect(() => assess(measurements(0.15), manifest, { coverage: 0.5 })).toThrow(
      'coverage of 0.5',
    );
  });

  it('abstains out of distribution, and says neither routine nor refer', () => {
    for (const malignant of [0.01, 0.99]) {
      const answer = assess(measurements(malignant, { distance: 0.51 }), manifest);
      expect(answer.assessment).toMatchObject({ abstained: true, flagged: true, triage: 'review' });
      expect(codes(answer)).toEqual(['out-of-distribution']);
      expect(answer.in_distribution).toEqual({ passed: false, distance: 0.51, threshold: 0.5 });
      expect(answer.quality.passed).toBe(true);
    }
  });

  it('abstains on poor quality, but does not take back what is urgent', () => {
    const routine = assess(measurements(0.01, { sharpness: 0.3 }), manifest);
    expect(routine.assessment).toMatchObject({ abstained: true, flagged: true, triage: 'review' });
    expect(codes(routine)).toEqual(['not-sharp', 'below-threshold']);
    const urgent = assess(measurements(0.9, { sharpness: 0.3 }), manifest);
    expect(urgent.assessment).toMatchObject({ abstained: true, triage: 'refer' });
  });

  it.each([2.5, 2.51])('abstains from a strip, which it would squeeze: %d', (aspectRatio) => {
    const answer = assess(measurements(0.01, { aspectRatio }), manifest);
    const strip = aspectRatio > 2.5;
    expect(answer.assessment).toMatchObject({
      abstained: strip,
      triage: strip ? 'review' : 'routine',
    });
    expect(codes(answer)).toEqual([...(strip ? ['too-elongated'] : []), 'below-threshold']);
  });

  it('says so where no class fits: the set holds the first class alone', () => {
    const noDf = rows.map((row) => row.map((value) => value ?? 0.8));
    const strict = {
      ...manifest,
      assessment: {
        ...spec,
        conformal: { ...spec.conformal, quantiles: { lac: noDf, raps: noDf } },
      },
    };
    const flat = { ...measurements(0), scores: LABELS.map((_, k) => (k === 2 ? 0.16 : 0.14)) };
    const answer = assess(flat, strict, { coverage: 0.8 });
    expect(answer.prediction_set!.labels).toEqual(['bkl']);
    expect(codes(answer)).toContain('no-typical-class');
  });

  it('never excludes the class that the answer puts first, by whatever prior or patient', () => {
    const found = measurements(0.15);
    const melanoma = LABELS.map((label) => (label === 'mel' ? 50 : 1));
    const plain = assess(found, manifest);
    const weighed = assess(found, manifest, {}, { answer: melanoma });
    expect(plain.prediction_set!.labels).toEqual(['df', 'nv']);
    expect(weighed.prediction_set!.labels).toEqual(['df', 'mel', 'nv']);
    expect(codes(weighed)).toContain('melanoma-not-excluded');
    expect(weighed.assessment.triage).toBe(plain.assessment.triage);
  });

  it('refuses a version that has nothing to assess with', () => {
    expect(() => assess(measurements(0.1), { thresholds: {} })).toThrow('nothing to assess');
    expect(() => assess(measurements(0.1), { ...manifest, thresholds: {} })).toThrow(
      'no threshold',
    );
  });
});

it('has a sentence for every reason, and knows those that it abstains for', () => {
  for (const text of Object.values(classTexts(HAM10000, 'en').reasons))
    expect(text).toMatch(/^[A-Z].*\.$/);
  expect(ABSTENTION_REASONS).toContain('out-of-distribution');
  expect(ABSTENTION_REASONS).not.toContain('below-threshold');
});

describe('of a version that tells how images were taken', () => {
  const asking = {
    ...manifest,
    assessment: {
      ...spec,
      modality: {
        method: 'logistic-regression',
        path: 'modality.bin',
        features: 3,
        threshold: 0.3,
        refusedLesions: share,
        found: { phone: share },
      },
    } satisfies AssessmentSpec,
  };
  const of = (dermoscopic: number, malignant: number) =>
    assess({ ...measurements(malignant), modality: { kind: 'phone', dermoscopic } }, asking);

  it.each([0.1, 0.75])('abstains from a phone photograph, whatever its score: %d', (malignant) => {
    const answer = of(0.29, malignant);
    expect(answer.modality).toEqual({
      passed: false,
      kind: 'phone',
      dermoscopic: 0.29,
      threshold: 0.3,
    });
    expect(answer.assessment).toMatchObject({
      abstained: true,
      triage: 'review',
      flagged: true,
    });
    expect(codes(answer)).toEqual(['not-dermoscopic']);
    expect(answer.assessment.reasons[0]!.text).toContain('not taken through a dermatoscope');
    expect(ABSTENTION_REASONS).toContain('not-dermoscopic');
  });

  it('answers what is dermoscopic enough', () => {
    const answer = of(0.3, 0.75);
    expect(answer.modality!.passed).toBe(true);
    expect(answer.assessment).toMatchObject({ abstained: false, triage: 'refer' });
  });
});

it('says nothing of how an image was taken where the version does not tell', () => {
  expect(assess(measurements(0.1), manifest).modality).toBeUndefined();
});

describe('of a version that asks for squamous cell carcinoma', () => {
  const asking = {
    ...manifest,
    assessment: {
      ...spec,
      triage: { ...spec.triage, squamous: { threshold: 0.02, images: 198, routine: share } },
    } satisfies AssessmentSpec,
  };

  it('does not call routine what may be one, and says why', () => {
    const answer = assess(measurements(0.06), asking);
    expect(answer.assessment).toMatchObject({
      triage: 'review',
      flagged: true,
      abstained: false,
      malignant_score: expect.closeTo(0.06, 9),
      threshold: 0.2,
    });
    expect(codes(answer).slice(0, 2)).toEqual(['below-threshold', 'squamous-not-excluded']);
    expect(assess(measurements(0.059), asking).assessment.triage).toBe('routine');
  });

  it('leaves a more urgent word, and a point that promises a specificity, as they are', () => {
    const urgent = assess(measurements(0.75), asking);
    expect(urgent.assessment.triage).toBe('refer');
    expect(codes(urgent)).not.toContain('squamous-not-excluded');
    const specific = assess(measurements(0.3), asking, { operatingPoint: 'specificity-90' });
    expect(specific.assessment.triage).toBe('routine');
  });
});
