import { spawn } from 'node:child_process';

/**
 * Runs a program without a shell and collects what it printed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, limitMs?: number }} [options] killed after `limitMs`
 * @returns {Promise<{ found: boolean, code: number | null, timedOut: boolean, output: string }>}
 *   `found` is false where there is no such program; `output` is stdout and stderr as they came
 */
export function runCommand(command, args, { cwd, env, limitMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let timedOut = false;
    const timer =
      limitMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, limitMs);
    const stop = () => child.kill('SIGTERM');
    process.once('exit', stop);
    const settle = (result) => {
      clearTimeout(timer);
      process.off('exit', stop);
      resolve({ timedOut, output, ...result });
    };
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      output += error.message;
      settle({ found: error.code !== 'ENOENT', code: null });
    });
    child.on('close', (code) => settle({ found: true, code }));
  });
}
