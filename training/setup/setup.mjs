#!/usr/bin/env node
// Makes @tensorflow/tfjs-node's native binding work: `npm run setup:training`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBinding, requireCompiler } from './build-binding.mjs';
import { cacheFolder } from './cache-folder.mjs';
import { findPython } from './find-python.mjs';
import { ensureFusedKernels } from './fused-kernels.mjs';
import { withLock } from './lock.mjs';
import { probeBinding, tfjsNodeFolder } from './native-binding.mjs';
import { FAILURE_NOTE, isCi } from './native-tests.mjs';
import { SetupError } from './setup-error.mjs';
import { fetchTensorFlow, wheelFor } from './tensorflow-wheel.mjs';

const HELP = `Usage: npm run setup:training [-- --if-missing]

Makes TensorFlow's native binding for Node (@tensorflow/tfjs-node) work, which training needs and serving does not.
Nothing is done when it works already. Else TensorFlow's libraries (270 MB) are downloaded with pip, kept in
$XDG_CACHE_HOME/naevus (default ~/.cache/naevus), and the binding is compiled against them.
Needs python3 with pip, make and a C++ compiler. Where there is a compiler, operations of this project's own are
compiled as well, which make training faster.

  --if-missing  what npm test does: a failure is a warning, and the tests that need TensorFlow are skipped;
                where CI is set it stays a failure
  --help        this text`;

const log = (line) => console.log(`setup:training: ${line}`);

async function setUp() {
  const folder = tfjsNodeFolder();
  if (folder === null) throw new SetupError('@tensorflow/tfjs-node is not installed', 'npm ci');
  const before = await probeBinding(folder);
  if (before.version) return before.version;

  const hasGlibc = Boolean(process.report.getReport().header.glibcVersionRuntime);
  const wheel = wheelFor(process.platform, process.arch, hasGlibc);
  log('the native binding is missing or does not load; building it');
  const python = await findPython();
  await requireCompiler();
  const cache = cacheFolder();
  const lock = join(cache, 'setup.lock');
  return withLock(
    lock,
    () => log(`waiting for another setup (${lock})`),
    async () => {
      const meanwhile = await probeBinding(folder);
      if (meanwhile.version) return meanwhile.version;
      const tensorflow = await fetchTensorFlow(cache, wheel, python, log);
      await buildBinding(folder, tensorflow, log);
      const after = await probeBinding(folder);
      if (after.version) return after.version;
      throw new SetupError(
        `the binding was built but does not work: ${after.failure}`,
        `delete ${dirname(tensorflow.folder)} and try again`,
      );
    },
  );
}

async function main() {
  let flags;
  try {
    flags = parseArgs({
      options: { 'if-missing': { type: 'boolean' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    console.error(`setup:training: ${error.message}\n\n${HELP}`);
    return 2;
  }
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  try {
    const version = await setUp();
    const isFused = await ensureFusedKernels(tfjsNodeFolder(), log);
    rmSync(FAILURE_NOTE, { force: true });
    log(
      `the native binding works (TensorFlow ${version}${isFused ? ', with operations of our own' : ''})`,
    );
    return 0;
  } catch (error) {
    const reason = error instanceof SetupError ? error.message : (error.stack ?? String(error));
    const remedy = error instanceof SetupError ? error.remedy : 'npm run setup:training';
    console.error(`setup:training: ${reason}\nWhat to do: ${remedy}`);
    if (!flags['if-missing'] || isCi()) return 1;
    mkdirSync(dirname(FAILURE_NOTE), { recursive: true });
    writeFileSync(FAILURE_NOTE, reason.split('\n')[0].replace(/:$/, ''));
    console.error(
      '\n*** No native TensorFlow: the tests that need it will be SKIPPED (with CI set this is a failure). ***\n',
    );
    return 0;
  }
}

// The 'exit' event is what ends pip or the compiler and gives the lock back.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
process.exitCode = await main();
