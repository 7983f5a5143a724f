// Compiles tfjs-node's C++ binding against TensorFlow's shared libraries.
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { NAPI_VERSION } from './native-binding.mjs';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

const BUILD_LIMIT_MS = 10 * 60_000;

/**
 * Checks that a compiler and make are there, before anything is downloaded.
 *
 * @throws {SetupError} naming what to install
 */
export async function requireCompiler() {
  const missing = [];
  for (const tool of ['make', process.env.CXX ?? 'c++']) {
    const [command, ...args] = tool.split(' ');
    const { code } = await runCommand(command, [...args, '--version'], { limitMs: 30_000 });
    if (code !== 0) missing.push(tool);
  }
  if (missing.length === 0) return;
  throw new SetupError(
    `no C++ toolchain: ${missing.join(' and ')} not found`,
    process.platform === 'darwin' ? 'xcode-select --install' : 'apt-get install -y g++ make',
  );
}

/** A folder whose include/node has Node's headers, or undefined: node-gyp then downloads them. */
async function headersFolder() {
  const npm = process.env.npm_execpath
    ? [process.execPath, [process.env.npm_execpath]]
    : ['npm', []];
  const said = await runCommand(npm[0], [
    ...npm[1],
    'config',
    'get',
    'nodedir',
    '--loglevel=error',
  ]);
  const candidates = [
    process.env.npm_config_nodedir,
    said.code === 0 ? said.output.trim().split('\n').at(-1) : undefined,
    dirname(dirname(process.execPath)),
  ];
  return candidates.find((folder) => folder && existsSync(join(folder, 'include/node/node_api.h')));
}

/** Lays the package's deps/ as links into the unpacked wheel, under the names its build file and loader ask for. */
function linkDependencies(package_, tensorflow) {
  const partial = join(package_, 'deps.partial');
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, 'lib'), { recursive: true });
  symlinkSync(join(tensorflow.folder, 'include'), join(partial, 'include'));
  for (const library of tensorflow.libraries) {
    const target = join(tensorflow.folder, library);
    const plain = library.replace('_cc', '');
    const names = new Set([library, plain, plain.replace(/\.so\.2$/, '.so')]);
    for (const name of names) symlinkSync(target, join(partial, 'lib', name));
  }
  rmSync(join(package_, 'deps'), { recursive: true, force: true });
  renameSync(partial, join(package_, 'deps'));
}

/**
 * Builds the binding in place.
 *
 * @param {string} package_ the tfjs-node package's folder
 * @param {{ folder: string, libraries: string[] }} tensorflow include/ and shared libraries
 * @param {(line: string) => void} log
 * @throws {SetupError} with the end of the compiler's output
 */
export async function buildBinding(package_, tensorflow, log) {
  linkDependencies(package_, tensorflow);
  const modulePath = join(package_, `lib/napi-v${NAPI_VERSION}`);
  rmSync(modulePath, { recursive: true, force: true });
  const args = [createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js'), 'rebuild'];
  args.push(`--napi_build_version=${NAPI_VERSION}`, '--module_name=tfjs_binding');
  args.push(`--module_path=${modulePath}`, '--jobs=2');
  const nodedir = await headersFolder();
  if (nodedir) args.push(`--nodedir=${nodedir}`);
  log('Compiling the binding (about 20 s)');
  // The wheel's libraries are named _cc, which the package's own install_name_tool step does not know.
  const flags = process.platform === 'darwin' ? '-Wl,-rpath,@loader_path/../../deps/lib' : '';
  const env = { ...process.env, LDFLAGS: `${process.env.LDFLAGS ?? ''} ${flags}`.trim() };
  const built = await runCommand(process.execPath, args, {
    cwd: package_,
    env,
    limitMs: BUILD_LIMIT_MS,
  });
  rmSync(join(package_, 'build'), { recursive: true, force: true });
  if (built.code === 0) return;
  const tail = built.output.trim().split('\n').slice(-25).join('\n');
  if (!nodedir && /nodejs\.org|headers/.test(built.output)) {
    throw new SetupError(
      `Node's headers are neither beside ${process.execPath} nor could node-gyp download them:\n${tail}`,
      'name the folder that has include/node: npm_config_nodedir=/usr npm run setup:training',
    );
  }
  throw new SetupError(
    built.timedOut
      ? 'compiling the binding took more than 10 minutes'
      : `compiling failed:\n${tail}`,
    'see the compiler output above',
  );
}
