// Leaves of node_modules what the bundled server loads by path on this machine: packages with native code or with
// WebAssembly, what those need, and of onnxruntime-node the binaries of this platform only.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLED_PACKAGES } from './installed-packages.mjs';

const MODULES = 'node_modules';
// Downloads GPU libraries after an install, which does not happen here.
const NOT_LOADED = ['global-agent'];

const kept = new Set();
function keep(name) {
  if (kept.has(name) || NOT_LOADED.includes(name)) return;
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8'));
  } catch {
    return; // Optional, for another platform.
  }
  kept.add(name);
  for (const needed of Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
  })) {
    keep(needed);
  }
}
INSTALLED_PACKAGES.forEach(keep);

for (const entry of readdirSync(MODULES)) {
  const names = entry.startsWith('@')
    ? readdirSync(join(MODULES, entry)).map((name) => `${entry}/${name}`)
    : [entry];
  for (const name of names) {
    if (!kept.has(name)) rmSync(join(MODULES, name), { recursive: true, force: true });
  }
}

const binaries = join(MODULES, 'onnxruntime-node/bin');
for (const version of readdirSync(binaries)) {
  for (const platform of readdirSync(join(binaries, version))) {
    for (const architecture of readdirSync(join(binaries, version, platform))) {
      if (platform === process.platform && architecture === process.arch) continue;
      rmSync(join(binaries, version, platform, architecture), { recursive: true });
    }
  }
}
