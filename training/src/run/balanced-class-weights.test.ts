import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  balancedClassWeights,
  EmptyClassError,
  powerClassWeights,
} from './balanced-class-weights.ts';

/** Published counts of HAM10000, and compute_class_weight('balanced') of scikit-learn 1.9.1 on them. */
const counts = { akiec: 327, bcc: 514, bkl: 1099, df: 115, mel: 1113, nv: 6705, vasc: 142 };
const balanced = {
  akiec: 4.375273045,
  bcc: 2.783490828,
  bkl: 1.301832835,
  df: 12.440993789,
  mel: 1.285457579,
  nv: 0.213380207,
  vasc: 10.075452716,
};

describe('class weights', () => {
  it('are those of scikit-learn', () => {
    const weights = balancedClassWeights(counts);
    expect(Object.keys(weights)).toEqual(Object.keys(counts));
    for (const [label, weight] of Object.entries(balanced)) {
      expect(weights[label as keyof typeof counts]).toBeCloseTo(weight, 8);
    }
  });

  it('let every class count the same', () => {
    const weights = balancedClassWeights(counts);
    for (const label of Object.keys(counts) as (keyof typeof counts)[]) {
      expect(weights[label] * counts[label]).toBeCloseTo(10_015 / 7, 9);
    }
  });

  it('to a power', () => {
    expect(powerClassWeights(counts, 1)).toEqual(balancedClassWeights(counts));
    expect(Object.values(powerClassWeights(counts, 0))).toEqual(Array(7).fill(1));
    const weights = powerClassWeights(counts, 1.5);
    expect(weights.nv).toBeCloseTo(0.098566923, 8);
    expect(weights.df).toBeCloseTo(43.881615718, 6);
  });

  it('name an empty class', () => {
    expect(() => balancedClassWeights({ ...counts, df: 0 })).toThrow(EmptyClassError);
    expect(() => powerClassWeights({ ...counts, df: 0 }, 2)).toThrow(/class df has no samples/);
  });

  it('refuse what is no count or no power', () => {
    expect(() => balancedClassWeights({ mel: 1.5 })).toThrow(/class mel: 1.5/);
    expect(() => balancedClassWeights({ mel: -1 })).toThrow(/class mel/);
    expect(() => balancedClassWeights({})).toThrow(/no classes/);
    expect(() => powerClassWeights(counts, Number.NaN)).toThrow(/power/);
    expect(() => powerClassWeights(counts, -1)).toThrow(/power/);
  });
});

const golden = new URL('../../../../shared/golden/class-weights.json', import.meta.url);
if (!existsSync(golden)) {
  console.warn(`SKIPPED: class weights against the golden values, ${golden.pathname} is not there`);
}

describe.skipIf(!existsSync(golden))('golden values', () => {
  it('agree to 1e-6', () => {
    const values = JSON.parse(readFileSync(golden, 'utf8'));
    const given: Record<string, number> = Object.fromEntries(
      values.labels.map((label: string, i: number) => [label, values.counts[i]]),
    );
    for (const [i, label] of values.labels.entries()) {
      expect(balancedClassWeights(given)[label]).toBeCloseTo(values.balanced[i], 6);
      expect(powerClassWeights(given, 1.5)[label]).toBeCloseTo(values.power_1_5[i], 6);
    }
  });
});
