import { fileURLToPath } from 'node:url';
import { runCommand } from '../../training/setup/run-command.mjs';
import { SetupError } from '../../training/setup/setup-error.mjs';

const SCRIPT = fileURLToPath(new URL('post-image.lua', import.meta.url));

/** @throws {SetupError} where wrk is not installed */
export async function requireWrk() {
  const { found } = await runCommand('wrk', ['--version'], { limitMs: 10_000 });
  if (!found) {
    throw new SetupError('wrk, which makes the load, is not there', 'apt-get install -y wrk');
  }
}

/**
 * What one spell of load gave.
 *
 * @typedef {{ requestsPerSecond: number, requests: number, p50Ms: number, p99Ms: number, broken: number,
 *   timedOut: number, statuses: Record<string, number> }} Load
 */

/**
 * Posts a file over some connections for some seconds, each connection one request at a time.
 *
 * @param {{ url: string, file: string, accept: string, connections: number, seconds: number }} load
 * @returns {Promise<Load>}
 */
export async function drive({ url, file, accept, connections, seconds }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '60s', '-s', SCRIPT, url];
  const result = await runCommand('wrk', [...args, '--', file, accept], {
    limitMs: (seconds + 90) * 1000,
  });
  return parseLoad(result.output);
}

/**
 * Reads the line that `post-image.lua` prints.
 *
 * @param {string} output of wrk
 * @throws {Error} where it is not there
 */
export function parseLoad(output) {
  const line = output.split('\n').findLast((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk gave no figures:\n${output.trim()}`);
  const { requests, seconds, ...rest } = JSON.parse(line);
  return { requestsPerSecond: requests / seconds, requests, ...rest };
}
