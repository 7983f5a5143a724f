import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../training/setup/run-command.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const LIMIT_MS = 120_000;

/**
 * The page's mode 'on this device' in a headless Chromium.
 *
 * @param {string} url of a server that serves the page
 * @param {readonly string[]} photos files that are asked about in turn
 * @param {number} times how many answers are measured, after the first
 * @returns {Promise<import('./on-device-times.ts').OnDeviceTimes | null>} null where there is no browser
 */
export async function onDeviceTimes(url, photos, times) {
  const outfile = at('../.cache/bench/on-device-times.mjs');
  mkdirSync(at('../.cache/bench'), { recursive: true });
  const { build } = await import('esbuild');
  await build({
    entryPoints: [at('on-device-times.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['playwright-core'],
    logLevel: 'warning',
  });
  const args = [outfile, url, String(times), ...photos];
  const { output } = await runCommand(process.execPath, args, { limitMs: LIMIT_MS });
  return JSON.parse(output.trim().split('\n').at(-1));
}
