import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { expect, it } from 'vitest';
import { gateFigureNames } from '../evaluate/gate/gate-figures.ts';
import { LESION_FIGURES } from '../evaluate/lesions/lesion-report.ts';
import { SUBGROUP_FIGURES } from '../evaluate/metrics/subgroups.ts';
import { SOURCE_FIGURES } from '../evaluate/sources/source-figures.ts';
import { FALL_FIGURES } from '../evaluate/sources/source-report.ts';
import { TTA_FIGURES } from '../evaluate/views/tta-report.ts';
import { withTaxonomy } from '../taxonomy/current.ts';
import { CRITICAL_NAMES, reportJson } from './report-json.ts';

const WITH_CARCINOMA = {
  ...HAM10000,
  classes: HAM10000.classes.map((one) => ({ ...one, critical: one.risk === 'malignant' })),
};

it('has a name for each figure of melanoma', () => {
  const figures = [
    ...[...gateFigureNames(), ...LESION_FIGURES, ...SUBGROUP_FIGURES],
    ...[...SOURCE_FIGURES, ...FALL_FIGURES, ...TTA_FIGURES],
  ].filter((name) => name.startsWith('melanoma'));
  expect(figures.length).toBeGreaterThan(5);
  for (const name of figures) {
    expect(CRITICAL_NAMES).toHaveProperty(name, name.replace('melanoma', 'critical'));
  }
});

it('renames figures where other classes are critical, and nothing else', () => {
  const report = {
    images: [{ imageId: 'melanomaA', group: 'melanomas', melanomas: 2 }],
    checks: [{ figure: 'melanomaSensitivityServed', title: 'melanomaAuc' }],
  };
  expect(JSON.parse(reportJson(report))).toEqual(report);
  expect(withTaxonomy(WITH_CARCINOMA, () => JSON.parse(reportJson(report)))).toEqual({
    images: [{ imageId: 'melanomaA', group: 'melanomas', criticals: 2 }],
    checks: [{ figure: 'criticalSensitivityServed', title: 'melanomaAuc' }],
  });
});
