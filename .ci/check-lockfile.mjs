// Is package-lock.json complete for every platform we support, independent of the machine that wrote it?
// npm drops other platforms' optional binaries when it relocks over an existing node_modules, and the
// damage shows only on the other machine. `--write` mends it: it relocks in an empty folder.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PLATFORMS = [
  { os: 'linux', cpu: 'x64', libc: 'glibc' },
  { os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { os: 'darwin', cpu: 'arm64' },
  { os: 'win32', cpu: 'x64' },
];

const root = fileURLToPath(new URL('..', import.meta.url));
const lockPath = join(root, 'package-lock.json');

/** The lock entry that `name`, required by the package at `path`, resolves to: Node's own walk upwards. */
function resolve(packages, path, name) {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    const found =
      packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
    if (found) return found;
    if (!folder.includes('/node_modules/')) return packages[`node_modules/${name}`];
  }
}

const admits = (list, value) => !list || list.includes(value);
const runsOn = (entry, platform) =>
  admits(entry.os, platform.os) &&
  admits(entry.cpu, platform.cpu) &&
  (platform.libc === undefined || admits(entry.libc, platform.libc));

/** Every fault of a lockfile, one line each; `at` is the package whose entry is incomplete. */
function lockfileFaults(lock) {
  const faults = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    const names = Object.keys(entry.optionalDependencies ?? {});
    const found = names.map((name) => resolve(lock.packages, path, name));
    const missing = names.filter((_, i) => !found[i]);
    if (missing.length > 0) {
      faults.push({
        at: path,
        text: `${path} ${entry.version}: no entry for ${missing.join(', ')}`,
      });
    }
    const binaries = found.filter((candidate) => candidate?.cpu);
    if (binaries.length < 2) continue; // one optional package (fsevents) is no family of binaries
    for (const platform of PLATFORMS) {
      if (!binaries.some((binary) => runsOn(binary, platform))) {
        const name = Object.values(platform).join(' ');
        faults.push({ at: path, text: `${path} ${entry.version}: no binary for ${name}` });
      }
    }
  }
  return faults;
}

/** Relocks in a folder without node_modules; versions stay, except of what was incomplete. */
function relock(lock, faults) {
  const folder = mkdtempSync(join(tmpdir(), 'relock-'));
  try {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const file of [
      'package.json',
      '.npmrc',
      ...manifest.workspaces.map((w) => `${w}/package.json`),
    ]) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(root, file), join(folder, file));
    }
    const packages = { ...lock.packages };
    for (const { at } of faults) {
      for (const name of Object.keys(packages[at]?.optionalDependencies ?? {})) {
        delete packages[`node_modules/${name}`];
      }
      if (at !== '') delete packages[at];
    }
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages }));
    execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    cpSync(join(folder, 'package-lock.json'), lockPath);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const readLock = () => JSON.parse(readFileSync(lockPath, 'utf8'));
let faults = lockfileFaults(readLock());
if (process.argv[2] === '--write') {
  relock(readLock(), faults);
  faults = lockfileFaults(readLock());
} else if (process.argv.length > 2) {
  console.error(`check-lockfile: ${process.argv[2]} is not understood; the only flag is --write`);
  process.exit(2);
}
for (const { text } of faults) console.error(`package-lock.json: ${text}`);
if (faults.length > 0) {
  console.error(
    'Relock from a clean state with: node .ci/check-lockfile.mjs --write\n' +
      'If it stays, the registry lacks that version for a platform: pin an older one in package.json.',
  );
  process.exit(1);
}
