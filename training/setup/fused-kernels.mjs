// Compiles our own operations of training (native/fused_kernels.cc) for the TensorFlow that the binding uses.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindingPath } from './native-binding.mjs';
import { runCommand } from './run-command.mjs';

const SOURCE = fileURLToPath(new URL('../native/fused_kernels.cc', import.meta.url));

const COMPILE_LIMIT_MS = 10 * 60_000;

const FLAGS = ['-std=c++17', '-O3', '-fPIC', '-shared', '-pthread', '-fvisibility=hidden'];
/** What no code asks for, and what else would keep loops from being vectorized. */
const ARITHMETIC = ['-fno-math-errno', '-fno-trapping-math', '-Wno-psabi'];

/**
 * Compiles the operations beside the binding where they are not there, or of another source. Training works without,
 * with TensorFlow's own operations, in more time and memory; so a failure is told and no more.
 *
 * @param {string} package_ the tfjs-node package's folder, whose binding works
 * @param {(line: string) => void} log
 * @returns {Promise<boolean>} whether they are there
 */
export async function ensureFusedKernels(package_, log) {
  const library = join(dirname(bindingPath(package_)), 'naevus_kernels.node');
  const record = `${library}.sha256`;
  const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex');
  const isBuilt = existsSync(record) && readFileSync(record, 'utf8').trim() === digest;
  if (isBuilt && existsSync(library)) return true;
  const without = (reason) => {
    log(`training will take TensorFlow's own operations, which are slower: ${reason}`);
    return false;
  };
  if (process.platform === 'win32') return without('ours are not compiled on Windows');

  const partial = `${library}.${process.pid}`;
  const [compiler, ...given] = (process.env.CXX ?? 'c++').split(' ');
  const deps = join(package_, 'deps');
  const vectors = process.arch === 'x64' ? ['-mprefer-vector-width=512'] : [];
  const libraries =
    process.platform === 'darwin'
      ? ['-undefined', 'dynamic_lookup']
      : ['-L', join(deps, 'lib'), '-ltensorflow', '-ltensorflow_framework'];
  const place = process.platform === 'darwin' ? [] : ['-Wl,-rpath,$ORIGIN/../../deps/lib'];
  const paths = ['-I', join(deps, 'include'), SOURCE, '-o', partial];
  log('compiling the operations of training (about 10 s)');
  const compiled = await runCommand(
    compiler,
    [...given, ...FLAGS, ...ARITHMETIC, ...vectors, ...paths, ...libraries, ...place],
    { limitMs: COMPILE_LIMIT_MS },
  );
  if (compiled.code !== 0) {
    rmSync(partial, { force: true });
    if (!compiled.found) return without(`there is no C++ compiler (${compiler})`);
    return without(
      `they do not compile:\n${compiled.output.trim().split('\n').slice(-8).join('\n')}`,
    );
  }
  // A training that runs keeps the file that it has.
  renameSync(partial, library);
  writeFileSync(record, `${digest}\n`);
  return true;
}
