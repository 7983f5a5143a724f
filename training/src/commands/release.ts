import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson } from '../files/json-file.ts';
import {
  evaluateArgs,
  exportArgs,
  gateArgs,
  type PipelinePlaces,
  trainingSteps,
} from '../release/pipeline-steps.ts';
import { pipelineSchema } from '../run/config/pipeline.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { servedSplit } from '../versions/served-split.ts';
import { MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand } from './frame/run-command.ts';
import { STOPPED } from './frame/stop-signals.ts';

const HELP = `Makes a version by a pipeline: trains its runs one after another, and exports their mean.

npm run release -- --pipeline FILE --data DIR --out DIR [--version X.Y.Z] [--step STEP] [--max-minutes N]

What is finished is not made again, and what was stopped goes on: call it again with the same flags.

--pipeline FILE  JSON: the runs with their sources, configuration, seed and start, their shares in the mean, the crop,
                 the sources that the version is measured with, and the file of other classes (training/configs)
--data DIR       has a folder of images with a CSV for each source, by its name: DIR/ham10000, DIR/milk10k, ...
--out DIR        folder of the runs
--version X.Y.Z  export the mean as this version; left out: train only
--step STEP      only train, export, evaluate or gate: export writes the version, evaluate scores its validation images,
                 gate decides whether it may take the place of the served one (default: train, and with --version
                 export)
--reports DIR    folder for evaluation.json and gate.md (default: OUT/reports)
--policy FILE, --override REASON  for the gate, as there
--weights FILE   EfficientNet-B0 backbone (default: the public file, downloaded once)
--previous DIR   a version to measure beside this one, by source
--artifacts DIR  where the version is written (default: model-artifacts)
--no-current     do not make it the served version
--max-minutes N  stop with a checkpoint after N minutes of training (exit status ${STOPPED}), as Ctrl-C does
--help           show this text
`;

const STEPS = ['train', 'export', 'evaluate', 'gate'];

await runCommand({
  help: HELP,
  options: {
    pipeline: { type: 'string' },
    data: { type: 'string' },
    out: { type: 'string' },
    version: { type: 'string' },
    step: { type: 'string' },
    reports: { type: 'string' },
    policy: { type: 'string' },
    override: { type: 'string' },
    weights: { type: 'string' },
    previous: { type: 'string' },
    artifacts: { type: 'string' },
    'no-current': { type: 'boolean', default: false },
    'max-minutes': { type: 'string' },
  },
  required: ['pipeline', 'data', 'out'],
  async run(values) {
    const { pipeline: file = '', data = '', out = '', version, weights, step } = values;
    if (step !== undefined && !STEPS.includes(step)) {
      throw new Error(`--step ${step} is not one of ${STEPS.join(', ')}`);
    }
    if (step !== undefined && step !== 'train' && version === undefined) {
      throw new Error(`--step ${step} needs --version`);
    }
    const pipeline = await readJson(file, pipelineSchema);
    const places: PipelinePlaces = {
      file: resolve(file),
      data: resolve(data),
      out: resolve(out),
      weights: weights && resolve(weights),
      keepSplit: pipeline.keepSplit ? await servedSplit(MODEL_ARTIFACTS) : undefined,
    };
    if (step === undefined || step === 'train') {
      const status = await train(trainingSteps(pipeline, places), values['max-minutes']);
      if (status !== 0) return status;
    }
    if (version === undefined || step === 'train') return 0;
    const artifacts = resolve(values.artifacts ?? MODEL_ARTIFACTS);
    const reports = resolve(values.reports ?? join(out, 'reports'));
    const result = { version, artifacts, reports };
    if (step === 'evaluate') return call('evaluate', evaluateArgs(pipeline, places, result));
    if (step === 'gate') {
      return call('gate', [
        ...gateArgs(pipeline, places, result),
        ...(values.policy ? ['--policy', values.policy] : []),
        ...(values.override === undefined ? [] : ['--override', values.override]),
      ]);
    }
    return call('export', [
      ...exportArgs(pipeline, places, result),
      ...(values.previous ? ['--previous', values.previous] : []),
      ...(values['no-current'] ? ['--no-current'] : []),
    ]);
  },
});

/** @returns exit status of the first that did not finish */
async function train(
  steps: ReturnType<typeof trainingSteps>,
  maxMinutes: string | undefined,
): Promise<number> {
  const minutesLeft = countDown(maxMinutes);
  for (const { name, folder, args } of steps) {
    if (await exists(join(folder, RUN_FILES.record))) {
      console.log(`${name} is finished`);
      continue;
    }
    const minutes = minutesLeft();
    if (minutes !== undefined && minutes <= 0) return STOPPED;
    console.log(`training ${name}`);
    const limit = minutes === undefined ? [] : ['--max-minutes', minutes.toFixed(2)];
    const status = await call('train', [...args, ...limit]);
    if (status !== 0) return status;
  }
  return 0;
}

/** Minutes that are left of so many since now; undefined without a limit. */
function countDown(text: string | undefined): () => number | undefined {
  if (text === undefined) return () => undefined;
  const minutes = Number(text);
  if (!(minutes > 0)) throw new Error(`--max-minutes ${text} is not a number above 0`);
  const end = performance.now() + minutes * 60_000;
  return () => (end - performance.now()) / 60_000;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** Runs another command, in a process of its own: TensorFlow gives its memory back with it. */
function call(command: string, args: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL(`${command}.js`, import.meta.url));
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: 'inherit',
    });
    // Ctrl-C reaches both; the child decides what it means.
    const ignore = () => {};
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore);
    process.on('SIGTERM', forward);
    child.on('error', fail);
    child.on('exit', (status) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      done(status ?? 1);
    });
  });
}
