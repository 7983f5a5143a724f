// `npm run bench -- training`: our training step against Keras's on the same TensorFlow and PyTorch's, in one run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bindingIsThere } from '../setup/native-binding.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { TENSORFLOW_VERSION } from '../setup/tensorflow-wheel.mjs';
import { parseFlags, wholeNumber } from './flags.mjs';
import { describeMachine } from './machine.mjs';
import { pythonEnvironment } from './python-environment.mjs';
import { median, pairedRatio } from './statistics.mjs';
import { formatTable } from './table.mjs';

export const TRAINING_HELP = `Usage: npm run bench -- training [options]

Trains EfficientNet-B0 at batch 32 and 224 pixels on random pictures, in turns with Keras on the same TensorFlow:
all weights, and with the stem and the first three stages frozen. Prints images/s, ratios and the peak memory of each.
--pytorch adds PyTorch with timm's EfficientNet-B0, channels last. Makes a Python environment with TensorFlow ${TENSORFLOW_VERSION} (400 MB to download, once) in ~/.cache/naevus.
Needs the native binding (npm run setup:training), Python 3 with pip, and 12 GB of free memory.

  --steps N          measured steps of each, after one that is not (default 12)
  --batch N          images a step (default 32)
  --size N           pixels a side (default 224)
  --pytorch PYTHON   a Python that has torch and timm: PyPI has no build without CUDA, so it is not installed here
  --quick            3 steps
  --json FILE        the figures as JSON
  --help             this text`;

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

const MODES = [
  { name: 'all weights', frozenThrough: 'none', kerasPrefixes: '', timmPrefixes: '' },
  {
    name: 'stem and stages 1 to 3 frozen',
    frozenThrough: 'blocks.2',
    kerasPrefixes: 'stem,block1,block2,block3',
    timmPrefixes: 'conv_stem,bn1,blocks.0,blocks.1,blocks.2',
  },
];

/**
 * @param {readonly string[]} args of the command line
 * @throws {SetupError} where something is missing
 * @throws {UsageError} on a flag that is not understood
 */
export async function benchTraining(args) {
  const flags = parseFlags(args, {
    steps: { type: 'string' },
    batch: { type: 'string', default: '32' },
    size: { type: 'string', default: '224' },
    pytorch: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(TRAINING_HELP);
  const steps = wholeNumber('steps', flags.steps ?? (flags.quick ? '3' : '12'));
  const shape = [wholeNumber('batch', flags.batch), wholeNumber('size', flags.size)];
  const log = (line) => console.log(`bench: ${line}`);

  if (!bindingIsThere()) {
    throw new SetupError("TensorFlow's native binding is missing", 'npm run setup:training');
  }
  const python = await pythonEnvironment(log);
  const ours = await bundleSteps();

  const machine = describeMachine();
  const modes = [];
  let versions;
  for (const { name, frozenThrough, kerasPrefixes, timmPrefixes } of MODES) {
    const trainers = {
      naevus: await startTrainer(process.execPath, [ours, ...shape, frozenThrough]),
      Keras: await startTrainer(python, [at('keras_training_steps.py'), ...shape, kerasPrefixes]),
      ...(flags.pytorch && {
        PyTorch: await startTrainer(flags.pytorch, [
          at('pytorch_training_steps.py'),
          ...shape,
          timmPrefixes,
        ]),
      }),
    };
    const started = Object.entries(trainers);
    versions = Object.fromEntries(started.map(([who, { version }]) => [who, version]));
    try {
      modes.push({ name, ...(await takeTurns(name, trainers, steps, shape[0], log)) });
    } finally {
      await Promise.all(started.map(([, trainer]) => trainer.stop()));
    }
  }
  const result = {
    tensorflow: TENSORFLOW_VERSION,
    versions,
    batch: shape[0],
    size: shape[1],
    steps,
    machine,
    modes,
  };
  console.log(`\n${describeResult(result)}`);
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
}

/** Bundles our half, which is TypeScript, to where its packages are found. */
async function bundleSteps() {
  const outfile = at('../.cache/bench/training-steps.mjs');
  mkdirSync(at('../.cache/bench'), { recursive: true });
  const { build } = await import('esbuild');
  await build({
    entryPoints: [at('training-steps.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['@tensorflow/*', 'sharp', 'zod'],
    logLevel: 'warning',
  });
  return outfile;
}

/** A process that does one training step when it is asked. */
async function startTrainer(command, args) {
  const child = spawn(command, args.map(String), { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit').catch(() => {});
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextAnswer = async () => {
    for (;;) {
      const { value, done } = await answers.next();
      if (done) throw new Error(`${command} ended without an answer:\n${complaints}`);
      if (value.startsWith('{')) return JSON.parse(value);
    }
  };
  const { version } = await nextAnswer();
  return {
    version,
    step() {
      child.stdin.write('step\n');
      return nextAnswer();
    },
    async stop() {
      child.stdin.end();
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Steps of each, one after the other, in every round another one first; the first round warms up. */
async function takeTurns(name, trainers, steps, batch, log) {
  const names = Object.keys(trainers);
  const seconds = Object.fromEntries(names.map((who) => [who, []]));
  const peakRssBytes = Object.fromEntries(names.map((who) => [who, 0]));
  for (let round = 0; round <= steps; round++) {
    const took = {};
    for (let turn = 0; turn < names.length; turn++) {
      const who = names[(turn + round) % names.length];
      const answer = await trainers[who].step();
      peakRssBytes[who] = Math.max(peakRssBytes[who], answer.peakRssBytes);
      took[who] = answer.seconds;
      if (round > 0) seconds[who].push(answer.seconds);
    }
    const which = round === 0 ? 'warm-up' : `step ${round} of ${steps}`;
    const times = names.map((who) => `${who} ${took[who].toFixed(2)} s`).join(', ');
    log(`${name}, ${which}: ${times}, load ${describeMachine().loadAverage}`);
  }
  const peers = names.filter((who) => who !== 'naevus');
  return {
    imagesPerSecond: Object.fromEntries(names.map((who) => [who, batch / median(seconds[who])])),
    // Of throughputs: the time of the peer over ours.
    ratios: Object.fromEntries(
      peers.map((who) => [who, pairedRatio(seconds[who], seconds.naevus)]),
    ),
    peakRssBytes,
    seconds,
  };
}

/** The figures as text: a row for each trainer of each mode. */
export function describeResult({ tensorflow, versions, batch, size, steps, machine, modes }) {
  const rows = modes.flatMap(({ name, imagesPerSecond, ratios, peakRssBytes }) =>
    Object.keys(imagesPerSecond).map((who) => {
      const ratio = ratios[who];
      return [
        `${name}: ${who}`,
        imagesPerSecond[who].toFixed(1),
        ratio ? ratio.median.toFixed(2) : '',
        ratio ? `${ratio.least.toFixed(2)} to ${ratio.greatest.toFixed(2)}` : '',
        (peakRssBytes[who] / 1e9).toFixed(2),
      ];
    }),
  );
  const header = ['', 'images/s', 'ratio', 'range', 'peak GB'];
  const peers = Object.entries(versions).filter(([who]) => who !== 'naevus');
  const list = [`TensorFlow ${tensorflow}`, ...peers.map(([who, version]) => `${who} ${version}`)];
  return `Training EfficientNet-B0, batch ${batch}, ${size} pixels, images/s (medians of ${steps} steps in turns), peak memory
${list.join(', ')}; ${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load before: ${machine.loadAverage}

${formatTable(header, rows)}`;
}
