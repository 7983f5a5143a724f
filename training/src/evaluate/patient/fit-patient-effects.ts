import { SITE_GROUPS } from '@naevus/shared/answer/body-site';
import { hatWeights } from '@naevus/shared/answer/patient-factors';
import { type PatientVariable, SEXES } from '@naevus/shared/answer/patient-spec';
import { softmax } from '@naevus/shared/answer/probabilities';
import { classCount, labelIndex } from '../../taxonomy/current.ts';
import { solvePositiveDefinite } from '../assessment/solve-positive-definite.ts';
import type { PatientRecord } from './patient-records.ts';

/** Years: the effect of age is linear between them. */
export const AGE_KNOTS: readonly number[] = [10, 25, 40, 55, 70, 85];

/** Log factors of each value of each variable that was fitted, one a label. */
export interface PatientEffects {
  readonly variables: readonly PatientVariable[];
  /** By variable, one row a value: a knot, a sex, a group of sites. */
  readonly rows: Readonly<Record<PatientVariable, readonly (readonly number[])[]>>;
}

/** How strongly effects are drawn towards none. Chosen beforehand; it is the strength that is tuned. */
const EFFECT_PENALTY = 5;
/** The same for the knots of the age, which are drawn towards a line. */
const KNOT_PENALTY = 1;
const CURVATURE_PENALTY = 15;
/** Just enough that a class that a part lacks does not run away. */
const PART_PENALTY = 0.05;
const MAX_STEPS = 60;

const VALUES: Readonly<Record<PatientVariable, number>> = {
  age: AGE_KNOTS.length,
  sex: SEXES.length,
  site: SITE_GROUPS.length,
};

/** How much each value of a variable counts; undefined where it is not known. */
export function valueWeights(
  record: PatientRecord,
  variable: PatientVariable,
): number[] | undefined {
  switch (variable) {
    case 'age':
      return record.age === undefined ? undefined : hatWeights(record.age, AGE_KNOTS);
    case 'sex':
      return record.sex && SEXES.map((sex) => Number(sex === record.sex));
    case 'site':
      return record.site && SITE_GROUPS.map((group) => Number(group === record.site));
  }
}

/**
 * Multinomial logistic regression of the class on the patient, by Newton's method, with class frequencies
 * of its own for each part of the data: how often a collection has a class tells nothing of a patient
 * elsewhere. Effects are relative to the mean patient of the data, so that what is not known changes
 * nothing. Penalised as Hoerl and Kennard 1970 (ridge), the age by its second differences as well
 * (Eilers, Marx 1996, "Flexible smoothing with B-splines and penalties").
 */
export function fitPatientEffects(
  records: readonly PatientRecord[],
  variables: readonly PatientVariable[],
): PatientEffects {
  const parts = [...new Set(records.map(({ part }) => part))];
  const means = new Map(variables.map((variable) => [variable, meanWeights(records, variable)]));
  const effects = variables.reduce((sum, variable) => sum + VALUES[variable], 0);
  const width = effects + parts.length;
  const cells = gather(records, (record) => {
    const row = new Array<number>(width).fill(0);
    let offset = 0;
    for (const variable of variables) {
      const weights = valueWeights(record, variable);
      const mean = means.get(variable)!;
      for (let i = 0; i < mean.length; i++) {
        row[offset + i] = weights === undefined ? 0 : weights[i]! - mean[i]!;
      }
      offset += mean.length;
    }
    row[effects + parts.indexOf(record.part)] = 1;
    return row;
  });
  const fitted = newton(cells, width, penalty(variables, width));
  let offset = 0;
  const rows = { age: [], sex: [], site: [] } as Record<PatientVariable, number[][]>;
  for (const variable of variables) {
    const mean = means.get(variable)!;
    const own = mean.map((_, i) =>
      fitted.slice((offset + i) * classCount(), (offset + i + 1) * classCount()),
    );
    const centre = own[0]!.map((_, k) => own.reduce((sum, row, i) => sum + mean[i]! * row[k]!, 0));
    rows[variable] = own.map((row) => row.map((value, k) => value - centre[k]!));
    offset += mean.length;
  }
  return { variables, rows };
}

/** ln p(class | patient) - ln p(class), one a label; 0 where nothing is known. */
export function logFactors(record: PatientRecord, { variables, rows }: PatientEffects): number[] {
  const sum = new Array<number>(classCount()).fill(0);
  for (const variable of variables) {
    const weights = valueWeights(record, variable);
    if (weights === undefined) continue;
    for (const [i, weight] of weights.entries()) {
      for (let k = 0; k < classCount(); k++) sum[k]! += weight * rows[variable][i]![k]!;
    }
  }
  return sum;
}

/** Of the records that have the variable. */
function meanWeights(records: readonly PatientRecord[], variable: PatientVariable): number[] {
  const sums = new Array<number>(VALUES[variable]).fill(0);
  let known = 0;
  for (const record of records) {
    const weights = valueWeights(record, variable);
    if (weights === undefined) continue;
    known++;
    for (const [i, weight] of weights.entries()) sums[i]! += weight;
  }
  return sums.map((sum) => (known > 0 ? sum / known : 0));
}

/** Patients that are alike, counted by class: there are far fewer of them than lesions. */
interface Cell {
  readonly row: readonly number[];
  readonly counts: number[];
}

function gather(
  records: readonly PatientRecord[],
  rowOf: (record: PatientRecord) => number[],
): Cell[] {
  const cells = new Map<string, Cell>();
  for (const record of records) {
    const key = [record.part, record.age, record.sex, record.site].join('\n');
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = { row: rowOf(record), counts: new Array<number>(classCount()).fill(0) };
      cells.set(key, cell);
    }
    cell.counts[labelIndex(record.label)]!++;
  }
  return [...cells.values()];
}

/** Square and symmetric, one row a coefficient of one class. */
function penalty(variables: readonly PatientVariable[], width: number): number[][] {
  const matrix = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j): number => (i === j ? PART_PENALTY : 0)),
  );
  let offset = 0;
  for (const variable of variables) {
    const size = VALUES[variable];
    for (let i = 0; i < size; i++) {
      matrix[offset + i]![offset + i] = variable === 'age' ? KNOT_PENALTY : EFFECT_PENALTY;
    }
    if (variable === 'age') {
      for (let i = 0; i + 2 < size; i++) {
        for (const [a, wa] of [1, -2, 1].entries()) {
          for (const [b, wb] of [1, -2, 1].entries()) {
            matrix[offset + i + a]![offset + i + b]! += CURVATURE_PENALTY * wa * wb;
          }
        }
      }
    }
    offset += size;
  }
  return matrix;
}

/** @returns coefficients, `width` rows of one a class */
function newton(cells: readonly Cell[], width: number, penalties: readonly number[][]): number[] {
  const size = width * classCount();
  const predict = (beta: readonly number[], row: readonly number[]): number[] => {
    const z = new Array<number>(classCount()).fill(0);
    for (const [j, value] of row.entries()) {
      if (value === 0) continue;
      for (let k = 0; k < classCount(); k++) z[k]! += value * beta[j * classCount() + k]!;
    }
    return softmax(z);
  };
  const penalised = (beta: readonly number[]): number[] => {
    const result = new Array<number>(size).fill(0);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        const weight = penalties[i]![j]!;
        if (weight === 0) continue;
        for (let k = 0; k < classCount(); k++) {
          result[i * classCount() + k]! += weight * beta[j * classCount() + k]!;
        }
      }
    }
    return result;
  };
  const loss = (beta: readonly number[]): number => {
    let sum = 0;
    for (const { row, counts } of cells) {
      const p = predict(beta, row);
      for (const [k, count] of counts.entries()) {
        if (count > 0) sum -= count * Math.log(Math.max(p[k]!, Number.MIN_VALUE));
      }
    }
    return sum + 0.5 * penalised(beta).reduce((total, value, i) => total + value * beta[i]!, 0);
  };
  let beta = new Array<number>(size).fill(0);
  let reached = loss(beta);
  for (let step = 0; step < MAX_STEPS; step++) {
    const gradient = penalised(beta);
    const hessian = Array.from({ length: size }, () => new Array<number>(size).fill(0));
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        for (let k = 0; k < classCount(); k++) {
          hessian[i * classCount() + k]![j * classCount() + k]! += penalties[i]![j]!;
        }
      }
    }
    for (const { row, counts } of cells) {
      const p = predict(beta, row);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const used = row.flatMap((value, j) => (value === 0 ? [] : [j]));
      for (const i of used) {
        for (let k = 0; k < classCount(); k++) {
          gradient[i * classCount() + k]! += row[i]! * (total * p[k]! - counts[k]!);
        }
        for (const j of used) {
          if (j > i) continue;
          const weight = total * row[i]! * row[j]!;
          for (let k = 0; k < classCount(); k++) {
            const target = hessian[i * classCount() + k]!;
            for (let l = 0; l < classCount(); l++) {
              target[j * classCount() + l]! += weight * p[k]! * ((k === l ? 1 : 0) - p[l]!);
            }
          }
        }
      }
    }
    const direction = solvePositiveDefinite(hessian, gradient);
    const descent = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    if (descent < 1e-8) break;
    let rate = 1;
    let next = beta;
    let nextLoss = reached;
    for (; rate > 1e-6; rate /= 2) {
      next = beta.map((value, i) => value - rate * direction[i]!);
      nextLoss = loss(next);
      if (nextLoss <= reached - 1e-4 * rate * descent) break;
    }
    if (!(nextLoss < reached)) break;
    [beta, reached] = [next, nextLoss];
  }
  return beta;
}
