import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../candidates.mjs';

/** Versions in model-artifacts/, oldest first. */
export function bundledVersions() {
  return readdirSync(join(REPOSITORY, 'model-artifacts'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d+\.\d+\.\d+$/.test(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
