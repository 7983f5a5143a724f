import { describe, expect, it } from 'vitest';
import { HAM10000 } from '../taxonomy/ham10000.ts';
import { readTaxonomy } from '../taxonomy/read-taxonomy.ts';
import { criticalFigure, criticalMember } from './critical-figures.ts';
import {
  defaultOperatingPoint,
  malignantScore,
  operatingPointNames,
  operatingPoints,
  resolveOperatingPoint,
} from './operating-point.ts';

function taxonomy(...classes: readonly object[]) {
  const named = classes.map((one, k) => ({ label: `c${k}`, name: { en: `Class ${k}` }, ...one }));
  return readTaxonomy({ schemaVersion: 1, name: 'test', title: 'Test', classes: named });
}

const critical = { risk: 'malignant', critical: true };
const benign = { risk: 'benign' };
const TWO = taxonomy({ ...critical, label: 'mel' }, { ...benign, label: 'rest' });
const TWO_CRITICAL = taxonomy(critical, benign, { ...critical, operatingPoint: 'scc' });
const WITHOUT_RISKS = taxonomy({}, {});
const NONE_CRITICAL = taxonomy({ risk: 'malignant' }, benign);

describe('operating points', () => {
  it('have the names of today for HAM10000', () => {
    expect(operatingPointNames(HAM10000)).toEqual([
      'melanoma-sensitivity-90',
      'melanoma-sensitivity-95',
      'melanoma-sensitivity-98',
      'malignant-sensitivity-95',
      'specificity-90',
    ]);
    expect(defaultOperatingPoint(HAM10000)).toBe('melanoma-sensitivity-95');
    expect(operatingPoints(HAM10000).map(({ groups }) => groups)).toEqual([
      [[4]],
      [[4]],
      [[4]],
      [[0, 1, 4]],
      [[2, 3, 5, 6]],
    ]);
  });

  it('are named after the critical label, with "critical" as an alias', () => {
    expect(defaultOperatingPoint(TWO)).toBe('mel-sensitivity-95');
    expect(resolveOperatingPoint(TWO, 'critical-sensitivity-98')).toBe('mel-sensitivity-98');
    expect(resolveOperatingPoint(HAM10000, 'critical-sensitivity-95')).toBe(
      'melanoma-sensitivity-95',
    );
    expect(resolveOperatingPoint(TWO, 'melanoma-sensitivity-95')).toBeUndefined();
    expect(resolveOperatingPoint(TWO, 'critical-sensitivity-99')).toBeUndefined();
  });

  it('ask for each of several critical classes', () => {
    expect(defaultOperatingPoint(TWO_CRITICAL)).toBe('critical-sensitivity-95');
    const all = operatingPoints(TWO_CRITICAL).find(
      ({ name }) => name === 'critical-sensitivity-95',
    );
    expect(all?.groups).toEqual([[0], [2]]);
    expect(operatingPointNames(TWO_CRITICAL)).toContain('scc-sensitivity-90');
  });

  it('are by risk group alone where no class is critical, and none without risk groups', () => {
    expect(operatingPointNames(NONE_CRITICAL)).toEqual([
      'malignant-sensitivity-95',
      'specificity-90',
    ]);
    expect(defaultOperatingPoint(NONE_CRITICAL)).toBe('malignant-sensitivity-95');
    expect(operatingPointNames(WITHOUT_RISKS)).toEqual([]);
    expect(defaultOperatingPoint(WITHOUT_RISKS)).toBeUndefined();
  });
});

it('adds the scores of the malignant and premalignant classes', () => {
  expect(malignantScore([0.1, 0.2, 0.1, 0.1, 0.3, 0.1, 0.1], HAM10000)).toBeCloseTo(0.6, 12);
  expect(malignantScore([0.25, 0.75], TWO)).toBe(0.25);
  expect(malignantScore([0.25, 0.75], WITHOUT_RISKS)).toBeUndefined();
});

it('names figures after melanoma only where it is the critical class', () => {
  expect(criticalMember(HAM10000)).toBe('melanomaSensitivity');
  expect(criticalMember(TWO)).toBe('criticalSensitivity');
  expect(criticalFigure({ melanomaSensitivity: 0.9 })).toBe(0.9);
  expect(criticalFigure({ criticalSensitivity: 0.8 })).toBe(0.8);
  expect(criticalFigure({})).toBeUndefined();
});
