// `npm run bench -- folders`: what a second core is worth to the commands that work through many images.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseFlags, UsageError, wholeNumber } from '../../training/bench/flags.mjs';
import { describeMachine } from '../../training/bench/machine.mjs';
import { median, pairedRatio } from '../../training/bench/statistics.mjs';
import { formatTable } from '../../training/bench/table.mjs';
import { REPOSITORY } from './candidates.mjs';

export const FOLDERS_HELP = `Usage: npm run bench -- folders --data FOLDER [options]

Runs naevus predict, naevus gradcam and evaluate over the images of a folder, and export of a run, on one core and on
all of them in turn (Linux's taskset), and prints the seconds of each and their ratio. What they write must be the
same to the byte.

  --data FOLDER   as evaluate takes it
  --images N      of it, for all but export (default 300)
  --run FOLDER    a finished run on that data, to export
  --only NAME     predict, gradcam, evaluate or export
  --rounds N      (default 3)
  --help          this text`;

/** A command that fails to end in this time has hung. */
const LIMIT_MS = 60 * 60_000;

/** @param {readonly string[]} args of the command line */
export async function benchFolders(args) {
  const flags = parseFlags(args, {
    data: { type: 'string' },
    images: { type: 'string', default: '300' },
    run: { type: 'string' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(FOLDERS_HELP);
  if (flags.data === undefined) throw new UsageError('--data must name a folder');
  const rounds = wholeNumber('rounds', flags.rounds);
  const most = wholeNumber('images', flags.images);
  if (availableParallelism() < 2) throw new UsageError('there is one core alone');
  const scratch = await mkdtemp(join(tmpdir(), 'naevus-folders-'));
  try {
    const data = resolve(flags.data);
    const commands = await commandsFor(data, await chooseImages(data, most, scratch), {
      run: flags.run && resolve(flags.run),
      scratch,
    });
    const names = Object.keys(commands).filter((name) => [undefined, name].includes(flags.only));
    if (names.length === 0) throw new UsageError(`--only ${flags.only} is not among what can run`);
    const machine = describeMachine();
    const rows = [];
    for (const name of names) rows.push(await measure(name, commands[name], rounds, scratch));
    console.log(`\n${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load before: ${machine.loadAverage}; medians of ${rounds} rounds

${formatTable(['seconds', 'one core', 'all cores', 'ratio', 'range'], rows)}`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A folder of links to some images, spread over all of them, and their ids in a file. */
async function chooseImages(data, most, scratch) {
  const entries = await readdir(data, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => /\.jpe?g$/i.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  if (files.length === 0) throw new UsageError(`${data} holds no JPEG`);
  const step = Math.max(1, Math.floor(files.length / most));
  const chosen = files.filter((_, i) => i % step === 0).slice(0, most);
  const folder = join(scratch, 'images');
  await mkdir(folder);
  for (const file of chosen) await symlink(file, join(folder, basename(file)));
  return { folder, ids: chosen.map((file) => basename(file).replace(/\.jpe?g$/i, '')) };
}

async function commandsFor(data, { folder, ids }, { run, scratch }) {
  const list = join(scratch, 'ids.txt');
  await writeFile(list, ids.join('\n'));
  const naevus = join(REPOSITORY, 'api/naevus.mjs');
  const training = (name) => join(REPOSITORY, `training/dist/${name}.js`);
  return {
    predict: () => [naevus, 'predict', folder, '--format', 'csv'],
    gradcam: (out) => [naevus, 'gradcam', folder, '-o', out],
    evaluate: (out) => [
      training('evaluate'),
      ...['--data', data, '--only', list, '--out', join(out, 'metrics.json')],
    ],
    ...(run && {
      export: (out) => [
        training('export'),
        ...['--data', data, '--run', run, '--version', '0.0.1', '--artifacts', out],
      ],
    }),
  };
}

async function measure(name, argumentsFor, rounds, scratch) {
  const seconds = { one: [], all: [] };
  const digests = new Set();
  for (let round = 0; round < rounds; round++) {
    for (const cores of round % 2 === 0 ? ['one', 'all'] : ['all', 'one']) {
      const out = join(scratch, 'out');
      await mkdir(out);
      const command = [process.execPath, ...argumentsFor(out)];
      const start = performance.now();
      const pinned = cores === 'one' ? ['taskset', '-c', '0'] : [];
      const [program, ...args] = [...pinned, ...command];
      const printed = openSync(join(out, 'printed.txt'), 'w');
      const { status, error, stderr } = spawnSync(program, args, {
        stdio: ['ignore', name === 'predict' ? printed : 'ignore', 'pipe'],
        timeout: LIMIT_MS,
        encoding: 'utf8',
      });
      closeSync(printed);
      if (error) throw error;
      if (status !== 0) throw new Error(`${name} ended with ${status}:\n${stderr.slice(-2000)}`);
      seconds[cores].push((performance.now() - start) / 1000);
      digests.add(await digestOf(out));
      await rm(out, { recursive: true });
    }
    const [one, all] = [seconds.one.at(-1), seconds.all.at(-1)];
    console.log(`bench: ${name}: one core ${one.toFixed(1)} s, all ${all.toFixed(1)} s`);
  }
  if (digests.size > 1) throw new Error(`${name} writes something else on all cores than on one`);
  const ratio = pairedRatio(seconds.one, seconds.all);
  return [
    name,
    median(seconds.one).toFixed(1),
    median(seconds.all).toFixed(1),
    ratio.median.toFixed(2),
    `${ratio.least.toFixed(2)} to ${ratio.greatest.toFixed(2)}`,
  ];
}

/** Of all that a command wrote, but for when. */
async function digestOf(folder) {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
  for (const file of files) {
    const bytes = await readFile(file);
    const isText = /\.(json|md|html|csv|svg)$/.test(file);
    const text = isText
      ? bytes.toString().replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z| [\d:]+ UTC)/g, '')
      : bytes;
    hash.update(file.slice(folder.length)).update(text);
  }
  return hash.digest('hex');
}
