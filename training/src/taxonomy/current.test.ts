import { readTaxonomy } from '@naevus/shared/taxonomy/read-taxonomy';
import { describe, expect, it } from 'vitest';
import { parseMetadata } from '../data/load/metadata-csv.ts';
import { fewImagesWarnings } from '../data/split/few-images.ts';
import { gateFigureNames, gateFigures, gateFigureTitle } from '../evaluate/gate/gate-figures.ts';
import { reportJson } from '../files/report-json.ts';
import {
  labels,
  malignantScore,
  pointNames,
  taxonomy,
  useTaxonomy,
  withTaxonomy,
} from './current.ts';

const classesOf = (classes: readonly object[]) =>
  readTaxonomy({ schemaVersion: 1, name: 'test', title: 'Test', classes });
const TWO = classesOf([
  { label: 'blight', name: { en: 'Blight' }, risk: 'malignant', critical: true },
  { label: 'rest', name: { en: 'Other' }, risk: 'benign' },
]);
const EIGHT = classesOf(
  Array.from({ length: 8 }, (_, k) => ({ label: `c${k}`, name: { en: `Class ${k}` } })),
);

describe('the classes of the process', () => {
  it('are fixed by their first use', () => {
    expect(labels()).toHaveLength(7);
    expect(() => useTaxonomy(TWO, 'the run')).toThrow(/the run has the classes blight, rest/);
    expect(() => useTaxonomy(taxonomy(), 'the run')).not.toThrow();
  });

  it('name points, figures and JSON of two classes', () => {
    withTaxonomy(TWO, () => {
      expect(pointNames()).toContain('blight-sensitivity-95');
      expect(malignantScore([0.3, 0.7])).toBe(0.3);
      expect(gateFigureTitle('melanomaSensitivity')).toBe('blight sensitivity, uniform prior');
      const figures = gateFigures({
        labels: ['blight', 'blight', 'rest'],
        scores: [
          [0.9, 0.1],
          [0.2, 0.8],
          [0.1, 0.9],
        ],
        prior: { blight: 0.5, rest: 0.5 },
      });
      expect(figures.melanomaSensitivityServed()).toBe(0.5);
      expect(figures.balancedAccuracy()).toBe(0.75);
      expect(JSON.parse(reportJson({ melanomaSensitivity: 1, figure: 'melanomaAuc' }))).toEqual({
        criticalSensitivity: 1,
        figure: 'criticalAuc',
      });
    });
  });

  it('have no triage and no critical figures without risks', () => {
    withTaxonomy(EIGHT, () => {
      expect(pointNames()).toEqual([]);
      expect(malignantScore(labels().map(() => 0.125))).toBe(0);
      expect(gateFigureNames()).toEqual(['balancedAccuracy', 'logLoss', 'calibrationError']);
    });
  });
});

it('reads a column a diagnosis with others beside the labels', () => {
  withTaxonomy(EIGHT, () => {
    const table = 'image,C0,C1,SCC,UNK\na,1.0,0.0,0.0,0.0\nb,0.0,0.0,1.0,0.0\nc,0.0,0.0,0.0,1.0\n';
    const rows = parseMetadata(table, 'labels.csv', () => ({ scc: 'c7', unk: null }));
    expect(rows.map(({ label }) => label)).toEqual(['c0', 'c7', null]);
    expect(() => parseMetadata(table, 'labels.csv', () => ({ scc: 'c7' }))).toThrow(
      /add \{"unk":null\} to "diagnoses"/,
    );
  });
});

it('tells what few images do not allow', () => {
  withTaxonomy(TWO, () => {
    const counts = { train: { blight: 5, rest: 900 }, validation: { blight: 5, rest: 300 } };
    const lines = fewImagesWarnings({ counts }).join('\n');
    expect(lines).toContain('few training images of blight (5)');
    expect(lines).toContain('no prediction set at 90 % excludes');
    expect(lines).toContain('no operating point blight-sensitivity-95: it needs 19');
    const enough = { train: { blight: 600, rest: 900 }, validation: { blight: 150, rest: 300 } };
    expect(fewImagesWarnings({ counts: enough })).toEqual([]);
  });
});
