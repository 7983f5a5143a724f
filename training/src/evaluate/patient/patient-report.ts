import { SITE_GROUPS } from '@naevus/shared/answer/body-site';
import { withFactors } from '@naevus/shared/answer/patient-factors';
import {
  PATIENT_VARIABLES,
  type PatientSpec,
  type PatientVariable,
  SEXES,
} from '@naevus/shared/answer/patient-spec';
import { AGE_BANDS, ageBand } from '../../data/load/age-band.ts';
import { countLesions } from '../../data/load/count-lesions.ts';
import type { Sample } from '../../data/load/dataset.ts';
import {
  classCount,
  criticalClasses,
  defaultOperatingPoint,
  isBenign,
  labelIndex,
  malignantScore,
} from '../../taxonomy/current.ts';
import { isFlagged } from '../assessment/flagged.ts';
import { lesionFolds } from '../assessment/lesion-folds.ts';
import { type Measured, measuredShare } from '../assessment/lesion-interval.ts';
import type { HeldOutImage } from '../lesions/pooled-lesion.ts';
import { bootstrapStatistics } from '../metrics/bootstrap.ts';
import {
  AGE_KNOTS,
  fitPatientEffects,
  logFactors,
  type PatientEffects,
} from './fit-patient-effects.ts';
import { oneALesion, type PatientRecord, patientRecord } from './patient-records.ts';

/** A difference of log losses, with less without, and its 95 % interval over lesions. */
export interface LossDifference {
  readonly images: number;
  readonly value: number;
  readonly interval: [number, number];
}

/** One variable, tried on top of those that were kept before it. */
export interface TriedVariable {
  readonly variable: PatientVariable;
  readonly kept: boolean;
  /** Why it is not used; null where it is. */
  readonly reason: string | null;
  readonly strength: number;
  readonly overall: LossDifference;
  readonly byPart: readonly PartDifference[];
  /** Of the site alone: by what each collection calls it, as one clinic's name tells of the clinic. */
  readonly bySiteName: readonly PartDifference[];
}

export interface PartDifference extends LossDifference {
  readonly part: string;
}

/** `patient.json`: what age, sex and site are worth. */
export interface PatientReport {
  readonly schemaVersion: 1;
  readonly fittedOn: PatientSpec['fittedOn'];
  readonly validatedOn: PatientSpec['validatedOn'];
  /** The images with any of it, by the class frequencies of each collection. */
  readonly tried: readonly TriedVariable[];
  readonly used: readonly PatientVariable[];
  readonly strength: number;
  /** Of all that is used, and by collection. */
  readonly logLossDifference: LossDifference | null;
  /** At the default operating point, the word without the patient, and raised where the patient raises it. */
  readonly triageByAge: readonly {
    readonly ageBand: string;
    /** Lesions of the critical classes. */
    readonly melanomas: number;
    readonly melanomaSensitivity: { readonly without: Measured; readonly with: Measured };
    readonly benign: number;
    readonly specificity: { readonly without: Measured; readonly with: Measured };
  }[];
}

export interface PatientInput {
  readonly training: readonly Sample[];
  /** In the order of `images`. */
  readonly validation: readonly Sample[];
  readonly images: readonly HeldOutImage[];
  /** What the scores assume, one a label in the order of the outputs. */
  readonly prior: readonly number[];
  readonly seed: number;
}

export interface BuiltPatient {
  readonly report: PatientReport;
  readonly effects: PatientEffects;
}

const STRENGTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const FOLDS = 10;
const RESAMPLES = 1000;
/** Nothing is chosen on fewer validation lesions. */
const FEWEST_LESIONS = 100;
/** A part tells nothing where it has fewer images, or fewer of its second class. */
const FEWEST_IMAGES = 100;
const FEWEST_OF_SECOND = 10;
/** Added to the lesions of each class, so that no class is impossible. */
const SMOOTHING = 0.5;

/**
 * Fits what age, sex and site change on training lesions, and keeps of them what lowers the log loss of
 * validation lesions: beyond its interval in all of them, and in each part that can be told apart (by the
 * site's own names: where it does not raise it beyond the interval, as many of them are small). Each
 * collection is measured under its own class frequencies, so that nothing is gained by telling the
 * collection from the patient.
 *
 * @returns undefined where the metadata say nothing of the patients, or lesions are too few
 */
export function buildPatient(input: PatientInput): BuiltPatient | undefined {
  const { images, prior, seed } = input;
  const training = oneALesion(input.training.map(patientRecord));
  const records = input.validation.map(patientRecord);
  const known = (record: PatientRecord) =>
    PATIENT_VARIABLES.some((variable) => record[variable] !== undefined);
  if (!training.some(known) || !records.some(known)) return undefined;
  if (countLesions(records) < FEWEST_LESIONS) return undefined;

  const held = heldOut(images, records, prior, seed);
  const tried: TriedVariable[] = [];
  let kept: PatientVariable[] = [];
  let best = { effects: fitPatientEffects(training, []), strengths: held.map(() => 0) };
  for (const variable of PATIENT_VARIABLES) {
    if (!training.some((record) => record[variable] !== undefined)) continue;
    const effects = fitPatientEffects(training, [...kept, variable]);
    const strengths = crossFittedStrengths(held, effects);
    const differences = held.map(
      (one, i) =>
        lossOf(one, effects, strengths[i]!) - lossOf(one, best.effects, best.strengths[i]!),
    );
    const overall = difference(held, differences, () => true, seed);
    const within = (partOf: (record: PatientRecord) => string) =>
      tellingParts(held, partOf).map((part) => ({
        part,
        ...difference(held, differences, ({ record }) => partOf(record) === part, seed),
      }));
    const byPart = within(({ part }) => part);
    const bySiteName = variable === 'site' ? within(({ siteName }) => siteName) : [];
    const reason = whyNot(overall, byPart, bySiteName);
    tried.push({
      variable,
      kept: reason === null,
      reason,
      strength: bestStrength(held, effects),
      overall,
      byPart,
      bySiteName,
    });
    if (reason !== null) continue;
    kept = [...kept, variable];
    best = { effects, strengths };
  }
  const strength = kept.length > 0 ? bestStrength(held, best.effects) : 0;
  return {
    effects: best.effects,
    report: {
      schemaVersion: 1,
      fittedOn: { split: 'training', lesions: training.length },
      validatedOn: {
        split: 'validation',
        lesions: countLesions(records),
      },
      tried,
      used: kept,
      strength,
      logLossDifference:
        kept.length === 0
          ? null
          : difference(
              held,
              held.map(
                (one, i) =>
                  lossOf(one, best.effects, best.strengths[i]!) - lossOf(one, best.effects, 0),
              ),
              () => true,
              seed,
            ),
      triageByAge: triageByAge(images, held, best, seed),
    },
  };
}

interface HeldOutPatient {
  readonly record: PatientRecord;
  readonly truth: number;
  readonly fold: number;
  /** Under the version's own prior. */
  readonly scores: readonly number[];
  /** Under the class frequencies of the collection. */
  readonly collectionScores: readonly number[];
}

function heldOut(
  images: readonly HeldOutImage[],
  records: readonly PatientRecord[],
  prior: readonly number[],
  seed: number,
): HeldOutPatient[] {
  const frequencies = new Map<string, number[]>();
  for (const { collection, label } of oneALesion(records)) {
    const counts = frequencies.get(collection) ?? new Array<number>(classCount()).fill(SMOOTHING);
    counts[labelIndex(label)]!++;
    frequencies.set(collection, counts);
  }
  const folds = lesionFolds(
    images.map(({ image }) => image),
    FOLDS,
    seed,
  );
  return images.map(({ scores }, i) => {
    const record = records[i]!;
    const counts = frequencies.get(record.collection)!;
    return {
      record,
      truth: labelIndex(record.label),
      fold: folds[i]!,
      scores,
      collectionScores: withFactors(
        scores,
        counts.map((count, k) => count / prior[k]!),
      ),
    };
  });
}

function lossOf(
  { record, truth, collectionScores }: HeldOutPatient,
  effects: PatientEffects,
  strength: number,
): number {
  if (strength === 0) return -Math.log(Math.max(collectionScores[truth]!, Number.MIN_VALUE));
  const factors = logFactors(record, effects).map((value) => Math.exp(strength * value));
  return -Math.log(Math.max(withFactors(collectionScores, factors)[truth]!, Number.MIN_VALUE));
}

/** The strength of the lowest log loss. */
function bestStrength(held: readonly HeldOutPatient[], effects: PatientEffects): number {
  const losses = STRENGTHS.map((strength) =>
    held.reduce((sum, one) => sum + lossOf(one, effects, strength), 0),
  );
  return STRENGTHS[losses.indexOf(Math.min(...losses))]!;
}

/** One an image: the best of the lesions of the other folds. */
function crossFittedStrengths(held: readonly HeldOutPatient[], effects: PatientEffects): number[] {
  const byFold = Array.from({ length: FOLDS }, (_, fold) =>
    bestStrength(
      held.filter((one) => one.fold !== fold),
      effects,
    ),
  );
  return held.map(({ fold }) => byFold[fold]!);
}

/** Parts with enough images of at least two classes. */
function tellingParts(
  held: readonly HeldOutPatient[],
  partOf: (record: PatientRecord) => string,
): string[] {
  const counts = new Map<string, number[]>();
  for (const { record, truth } of held) {
    const own = counts.get(partOf(record)) ?? new Array<number>(classCount()).fill(0);
    own[truth]!++;
    counts.set(partOf(record), own);
  }
  return [...counts]
    .filter(([, own]) => {
      const [, second] = own.toSorted((a, b) => b - a);
      return (
        own.reduce((sum, count) => sum + count, 0) >= FEWEST_IMAGES && second! >= FEWEST_OF_SECOND
      );
    })
    .map(([part]) => part)
    .sort();
}

function difference(
  held: readonly HeldOutPatient[],
  differences: readonly number[],
  among: (one: HeldOutPatient) => boolean,
  seed: number,
): LossDifference {
  const chosen = held.flatMap((one, i) => (among(one) ? [i] : []));
  const mean = (weights?: ArrayLike<number>) => {
    let [sum, total] = [0, 0];
    for (const [n, i] of chosen.entries()) {
      const weight = weights === undefined ? 1 : weights[n]!;
      sum += weight * differences[i]!;
      total += weight;
    }
    return total > 0 ? sum / total : null;
  };
  const { value } = bootstrapStatistics(chosen.length, (weights) => ({ value: mean(weights) }), {
    seed,
    resamples: RESAMPLES,
    groups: chosen.map((i) => held[i]!.record.lesionId),
  });
  return { images: chosen.length, value: mean()!, interval: [value.low!, value.high!] };
}

function whyNot(
  overall: LossDifference,
  byPart: readonly PartDifference[],
  bySiteName: readonly PartDifference[],
): string | null {
  const text = ({ value, interval: [low, high] }: LossDifference) =>
    `${value < 0 ? '' : '+'}${value.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
  if (overall.interval[1] >= 0) {
    return `it does not lower the log loss of validation lesions beyond its interval (${text(overall)})`;
  }
  const worse = [
    ...byPart.filter(({ value }) => value >= 0),
    ...bySiteName.filter(({ interval: [low] }) => low > 0),
  ];
  if (worse.length === 0) return null;
  return `it lowers the log loss of all validation lesions but not in each part of them: ${worse
    .map((part) => `${part.part} (${text(part)})`)
    .join('; ')}`;
}

function triageByAge(
  images: readonly HeldOutImage[],
  held: readonly HeldOutPatient[],
  {
    effects,
    strengths,
  }: { readonly effects: PatientEffects; readonly strengths: readonly number[] },
  seed: number,
): PatientReport['triageByAge'] {
  const flagged = held.map(({ scores, record }, i) => {
    const { fitted } = images[i]!;
    const without = isFlagged(scores, fitted);
    const factors = logFactors(record, effects).map((value) => Math.exp(strengths[i]! * value));
    const raised = malignantScore(withFactors(scores, factors));
    return {
      without,
      with:
        without ||
        raised >= (fitted.thresholds[defaultOperatingPoint()] ?? Number.POSITIVE_INFINITY),
    };
  });
  const share = (of: readonly number[], hit: (i: number) => boolean) =>
    measuredShare(
      of.map((i) => ({ hit: hit(i), lesionId: held[i]!.record.lesionId })),
      seed,
    );
  return [...AGE_BANDS, 'unknown'].flatMap((band) => {
    const own = held.flatMap(({ record: { age } }, i) => {
      const name = age === undefined ? 'unknown' : ageBand(String(age));
      return name === band ? [i] : [];
    });
    if (own.length === 0) return [];
    const critical = criticalClasses();
    const criticals = own.filter((i) => critical[held[i]!.truth]);
    const benign = own.filter((i) => isBenign(held[i]!.record.label));
    return [
      {
        ageBand: band,
        melanomas: criticals.length,
        melanomaSensitivity: {
          without: share(criticals, (i) => flagged[i]!.without),
          with: share(criticals, (i) => flagged[i]!.with),
        },
        benign: benign.length,
        specificity: {
          without: share(benign, (i) => !flagged[i]!.without),
          with: share(benign, (i) => !flagged[i]!.with),
        },
      },
    ];
  });
}

/** What of it goes into the manifest. */
export function patientSpec({ report, effects }: BuiltPatient): PatientSpec {
  const unused = (variable: PatientVariable) => ({
    used: false as const,
    reason:
      report.tried.find((one) => one.variable === variable)?.reason ??
      'the training data do not say it',
  });
  const kept = (variable: PatientVariable) => report.used.includes(variable);
  const named = <T extends string>(names: readonly T[], rows: readonly (readonly number[])[]) =>
    Object.fromEntries(names.map((name, i) => [name, [...rows[i]!]])) as Record<T, number[]>;
  const { rows } = effects;
  return {
    fittedOn: report.fittedOn,
    validatedOn: report.validatedOn,
    strength: report.strength,
    logLossDifference: report.logLossDifference && {
      value: report.logLossDifference.value,
      interval: report.logLossDifference.interval,
    },
    age: kept('age')
      ? { used: true, knots: [...AGE_KNOTS], logFactors: rows.age.map((row) => [...row]) }
      : unused('age'),
    sex: kept('sex') ? { used: true, logFactors: named(SEXES, rows.sex) } : unused('sex'),
    site: kept('site') ? { used: true, logFactors: named(SITE_GROUPS, rows.site) } : unused('site'),
  };
}
