import type { TopLevelSpec } from 'vega-lite';
import type { History } from '../../run/history.ts';

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** Loss of each epoch and, where it was measured, what the validation side said. */
export function trainingCurvesChart(history: History, subtitle: string): TopLevelSpec {
  const epochs = history.map((record, index) => ({ ...record, step: index + 1 }));
  const phases = [...new Set(history.map(({ phase }) => phase))];
  const measured = epochs.flatMap(({ step, phase, validation }) =>
    validation
      ? MEASURES.flatMap(({ key, name }) => {
          const value = validation[key];
          return typeof value === 'number' ? [{ step, phase, name, value }] : [];
        })
      : [],
  );
  const x = {
    field: 'step',
    type: 'quantitative' as const,
    title: 'epoch, over all phases',
    axis: { tickMinStep: 1, format: 'd' },
    scale: { domain: [1, Math.max(2, epochs.length)], nice: false },
  };
  const size = { width: 460, height: 200 };
  const validationPanel: Panel = {
    ...size,
    data: { values: measured },
    mark: { type: 'line', point: true, strokeWidth: 2 },
    encoding: {
      x,
      y: { field: 'value', type: 'quantitative', title: 'validation', scale: { zero: false } },
      color: {
        field: 'name',
        type: 'nominal',
        title: 'measure',
        scale: {
          domain: MEASURES.map(({ name }) => name),
          range: MEASURES.map(({ colour }) => colour),
        },
      },
    },
  };
  return {
    title: { text: 'Training', subtitle },
    spacing: 24,
    vconcat: [
      {
        ...size,
        data: { values: epochs.map(({ step, phase, loss }) => ({ step, phase, loss })) },
        mark: { type: 'line', point: epochs.length < 40, strokeWidth: 2 },
        encoding: {
          x,
          y: {
            field: 'loss',
            type: 'quantitative',
            title: 'training loss',
            scale: { zero: false },
          },
          color: {
            field: 'phase',
            type: 'nominal',
            title: 'phase',
            scale: { domain: phases, range: ['#e69f00', '#0072b2', '#009e73', '#cc79a7'] },
          },
        },
      },
      ...(measured.length === 0 ? [] : [validationPanel]),
    ],
    resolve: { scale: { color: 'independent' } },
  };
}

const MEASURES = [
  { key: 'accuracy', name: 'accuracy', colour: '#0072b2' },
  { key: 'balancedAccuracy', name: 'balanced accuracy', colour: '#d55e00' },
  {
    key: 'balancedAccuracyUniformPrior',
    name: 'balanced accuracy, uniform prior',
    colour: '#e69f00',
  },
  { key: 'macroF1', name: 'macro F1', colour: '#009e73' },
  { key: 'macroAuc', name: 'macro AUC', colour: '#000000' },
] as const;
