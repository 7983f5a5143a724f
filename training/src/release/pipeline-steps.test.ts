import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pipelineSchema } from '../run/config/pipeline.ts';
import { PRESETS } from '../run/config/presets.ts';
import { trainingConfigSchema } from '../run/config/training-config.ts';
import { evaluateArgs, exportArgs, gateArgs, trainingSteps } from './pipeline-steps.ts';

const run = (name: string, more = {}) => ({
  name,
  preset: 'best',
  seed: 3,
  sources: ['ham10000'],
  ...more,
});
const both = ['ham10000', 'milk10k'];
const pipeline = (more = {}) => ({
  description: 'Two runs.',
  runs: [
    run('a'),
    run('b', { preset: undefined, config: 'b.json', sources: both, continue: 'a' }),
    run('c', { sources: both, seed: 4 }),
  ],
  average: { b: 0.7, c: 0.3 },
  crop: 0.87,
  outside: ['phone'],
  ...more,
});
const places = { file: '/configs/p.json', data: '/data', out: '/runs' };
const result = { version: '1.2.3', artifacts: '/models', reports: '/reports' };

describe('the steps of a pipeline', () => {
  const parsed = pipelineSchema.parse(pipeline());

  it('are calls of train, each with the split of the one before', () => {
    const [a, b, c] = trainingSteps(parsed, { ...places, weights: '/w.safetensors' });
    expect(a!.args.join(' ')).toBe(
      '--data /data/ham10000 --source ham10000 --preset best --seed 3 --out /runs/a --resume --weights /w.safetensors',
    );
    expect(b!.args.join(' ')).toBe(
      '--data /data/ham10000 --source ham10000 --data /data/milk10k --source milk10k --config /configs/b.json' +
        ' --seed 3 --out /runs/b --resume --weights /w.safetensors --keep-split /runs/a/split.json --continue /runs/a',
    );
    expect(c!.args.join(' ')).toContain('--split /runs/b/split.json');
    expect(c!.folder).toBe('/runs/c');
  });

  it('train the classes of a taxonomy beside the pipeline', () => {
    const own = pipelineSchema.parse(pipeline({ taxonomy: '../classes.json' }));
    for (const { args } of trainingSteps(own, places)) {
      expect(args.join(' ')).toContain(' --taxonomy /classes.json ');
    }
    for (const { args } of trainingSteps(parsed, places)) {
      expect(args).not.toContain('--taxonomy');
    }
  });

  it('end with an export of the mean, the last run first', () => {
    expect(exportArgs(parsed, places, result).join(' ')).toBe(
      '--run /runs/c --version 1.2.3 --crop 0.87 --artifacts /models --average /runs/b --shares 0.3,0.7 --data /data/ham10000' +
        ' --source ham10000 --data /data/milk10k --source milk10k --outside /data/phone --outside-source phone',
    );
    const alone = pipelineSchema.parse(pipeline({ average: { b: 1 } }));
    expect(exportArgs(alone, places, result)).not.toContain('--shares');
  });

  it('begin with the split of the served version, where it is to be kept', () => {
    const [a, b] = trainingSteps(parsed, { ...places, keepSplit: '/served/split.json' });
    expect(a!.args.join(' ')).toContain('--keep-split /served/split.json');
    expect(b!.args.join(' ')).not.toContain('/served');
  });

  it('go on from the mean of several runs', () => {
    const runs = [
      run('a'),
      run('b'),
      run('c', { continue: { a: 0.25, b: 0.75 } }),
      run('d', { continue: { c: 1 } }),
    ];
    const steps = trainingSteps(
      pipelineSchema.parse(pipeline({ runs, average: { d: 1 } })),
      places,
    );
    expect(steps[2]!.args.join(' ')).toContain(
      '--continue /runs/a --continue /runs/b --continue-shares 0.25,0.75',
    );
    expect(steps[3]!.args.join(' ')).toMatch(/--continue \/runs\/c$/);
  });

  it('train the members of a cross-fitted run one after another, and teach a later run by them', () => {
    const runs = [run('a'), run('m', { folds: 2 }), run('s', { teacher: 'm', continue: 'a' })];
    const [a, one, two, student, ...more] = trainingSteps(
      pipelineSchema.parse(pipeline({ runs, average: { s: 1 } })),
      places,
    );
    expect(more).toEqual([]);
    expect(a!.folder).toBe('/runs/a');
    expect(one!.args.join(' ')).toContain(
      '--out /runs/m/fold-1 --resume --split /runs/a/split.json --fold 1/2',
    );
    expect(two).toMatchObject({ name: 'm/fold-2', folder: '/runs/m/fold-2' });
    expect(student!.args.join(' ')).toContain(
      '--split /runs/a/split.json --continue /runs/a --teacher-fold /runs/m/fold-1 --teacher-fold /runs/m/fold-2',
    );
  });

  it('evaluate and judge what was exported, with the images of all its sources', () => {
    const data = '--data /data/ham10000 --source ham10000 --data /data/milk10k --source milk10k';
    expect(evaluateArgs(parsed, places, result).join(' ')).toBe(
      `${data} --model /models/1.2.3 --split /models/1.2.3/reports/split.json --out /reports/evaluation.json`,
    );
    expect(gateArgs(parsed, places, result).join(' ')).toBe(
      `${data} --candidate /models/1.2.3 --out /reports/gate.md --record`,
    );
  });

  it.each([
    ['shares that do not sum to 1', { average: { b: 0.7, c: 0.2 } }, 'sum to 0.9'],
    ['a share of no run', { average: { d: 1 } }, 'no run is called d'],
    [
      'a mean of a run that is not there',
      { runs: [run('b'), run('c', { continue: { x: 1 } })] },
      'called x',
    ],
    [
      'members in a mean',
      { runs: [run('a'), run('b', { folds: 2 })], average: { b: 1 } },
      'only teach',
    ],
    [
      'members that begin with a run',
      { runs: [run('b'), run('c', { folds: 2, continue: 'b' })] },
      'from scratch',
    ],
    ['a teacher without folds', { runs: [run('b'), run('c', { teacher: 'b' })] }, 'has folds'],
    ['a start that comes later', { runs: [run('a', { continue: 'b' }), run('b')] }, 'before it'],
    ['two of one name', { runs: [run('b'), run('b')], average: { b: 1 } }, 'two runs'],
    [
      'a source that is left out again',
      { runs: [run('b', { sources: both }), run('c')] },
      'among its own',
    ],
    ['a preset and a config', { runs: [run('b', { config: 'x' }), run('c')] }, 'either'],
  ])('refuse %s', (_, more, text) => {
    const { error } = pipelineSchema.safeParse(pipeline(more));
    expect(error!.issues.map(({ message }) => message).join('; ')).toContain(text);
  });
});

it('has committed pipelines that fit, with configurations that do', async () => {
  const folder = fileURLToPath(new URL('../../configs', import.meta.url));
  const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  for (const file of (await readdir(folder)).filter((name) => 'runs' in read(name))) {
    for (const { preset, config } of pipelineSchema.parse(read(file)).runs) {
      if (preset) expect(Object.keys(PRESETS)).toContain(preset);
      if (config) expect(trainingConfigSchema.safeParse(read(config)).error).toBeUndefined();
    }
  }
});
