import { expect, it } from 'vitest';
import { SOURCE_FIGURES, type SourceFigure } from '../evaluate/sources/source-figures.ts';
import type { MeasuredSource, SourceReport } from '../evaluate/sources/source-report.ts';
import { requirementsTable } from './requirements-table.ts';

const names = Object.fromEntries(SOURCE_FIGURES.map((figure) => [figure, figure]));

function estimates(values: Partial<Record<SourceFigure, [number, number, number]>>) {
  return Object.fromEntries(
    SOURCE_FIGURES.map((figure) => {
      const [value, low, high] = values[figure] ?? [null, null, null];
      return [figure, { value, interval: { low, high, resamples: 10 } }];
    }),
  ) as MeasuredSource['figures'];
}

function source(name: string, values: Partial<Record<SourceFigure, [number, number, number]>>) {
  return { name, title: name, figures: estimates(values), previous: null } as MeasuredSource;
}

const report = (sources: MeasuredSource[], abroad: MeasuredSource | null = null) =>
  ({ home: 'ham10000', previousVersion: '0.5.0', sources, abroad }) as unknown as SourceReport;

it('says of each figure what was asked, what it is, and whether it holds', () => {
  const milk10k = {
    ...source('milk10k', { coverage90: [0.9, 0.87, 0.93], abstained: [0.09, 0.07, 0.11] }),
    previous: {
      figures: estimates({}),
      difference: estimates({ melanomaAuc: [0.005, -0.05, 0.05] }),
    },
  };
  const sources = report(
    [
      source('ham10000', { accuracy: [0.87, 0.86, 0.89], coverage90: [0.944, 0.932, 0.956] }),
      milk10k,
    ],
    source('abroad', { melanomaSensitivity: [0.92, 0.9, 0.95] }),
  );
  const group = (name: string, value: number) => ({
    ...{ source: name, diagnosis: null, images: 100, modality: 'phone' },
    abstained: { value, interval: [value - 0.03, value + 0.03] as [number, number] },
    abstainedFor: { quality: 0, distance: 0, modality: 0 },
    routine: { value: 0, interval: null },
    aboveThreshold: 0,
  });
  const outside = {
    schemaVersion: 1 as const,
    groups: [group('phone', 0.863), group('other-diagnoses', 0.2)],
  };
  const squamousRoutine = { value: 0, interval: [0, 0] as [number, number] };
  expect(requirementsTable({ sources, outside, squamousRoutine }, names)?.rows).toEqual([
    ['ham10000', 'accuracy', 'at least 0.865', '0.870 (0.860 to 0.890)', 'yes'],
    ['ham10000', 'coverage90', '0.88 to 0.92', '0.944 (0.932 to 0.956)', '**no**'],
    ['milk10k', "melanomaAuc, less 0.5.0's", 'at least 0.08', '0.005 (-0.050 to 0.050)', '**no**'],
    [
      'milk10k',
      'abstained',
      'at most 0.08',
      '0.090 (0.070 to 0.110)',
      'no, but its interval reaches it',
    ],
    ['milk10k', 'coverage90', 'at least 0.85', '0.900 (0.870 to 0.930)', 'yes'],
    [
      'abroad',
      'melanomaSensitivity',
      'at least 0.93',
      '0.920 (0.900 to 0.950)',
      'no, but its interval reaches it',
    ],
    ['phone', 'abstained', 'at least 0.95', '0.863 (0.833 to 0.893)', '**no**'],
    [
      'other diagnoses',
      'squamous cell carcinoma called routine',
      'at most 0',
      '0.000 (0.000 to 0.000)',
      'yes',
    ],
  ]);
});

it('asks nothing of other sources, and nothing of figures that are not shown', () => {
  const other = report([source('clinic', { accuracy: [0.5, 0.4, 0.6] })]);
  const asked = { sources: other, outside: undefined, squamousRoutine: undefined };
  expect(requirementsTable(asked, names)).toBeNull();
  const home = report([source('ham10000', { accuracy: [0.5, 0.4, 0.6] })]);
  expect(requirementsTable({ ...asked, sources: home }, {})).toBeNull();
});
