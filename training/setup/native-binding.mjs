// Where tfjs-node's C++ binding lies and whether it works. Plain JavaScript: it runs before any build.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The newest Node-API version tfjs-node 4.22 knows; every Node from 12.22 has it, so one build serves all. */
export const NAPI_VERSION = 8;

const LOAD_LIMIT_MS = 180_000; // 850 MB of libraries from a cold disk

/** Folder of the installed tfjs-node package, or null where it is not installed. */
export function tfjsNodeFolder() {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'));
  } catch {
    return null;
  }
}

/** Path of the compiled binding inside the tfjs-node package. */
export const bindingPath = (folder) => join(folder, `lib/napi-v${NAPI_VERSION}/tfjs_binding.node`);

/** Whether a compiled binding lies there: cheap, does not load it. */
export function bindingIsThere() {
  const folder = tfjsNodeFolder();
  return folder !== null && existsSync(bindingPath(folder));
}

// tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed. stdout carries the answer alone.
const PROBE = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const tf = require(process.argv[1]);
  const [sum] = tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync();
  if (sum !== 3 || tf.getBackend() !== 'tensorflow') {
    throw new Error('1 + 2 gave ' + sum + ' on backend ' + tf.getBackend());
  }
  process.stdout.write('\\n' + tf.backend().binding.TF_Version);
`;

/**
 * Loads the binding in a process of its own (a bad library can take the process down) and adds 1 and 2 with it.
 *
 * @param {string} folder the tfjs-node package's folder
 * @returns {Promise<{ version: string } | { failure: string }>} TensorFlow's version, or why it does not work
 */
export function probeBinding(folder) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', PROBE, folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
      timeout: LOAD_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', (error) => resolve({ failure: error.message }));
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ version: stdout.slice(stdout.lastIndexOf('\n') + 1) });
      else if (signal) resolve({ failure: `loading it ended with ${signal}` });
      else resolve({ failure: /^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.trim().slice(-500) });
    });
  });
}
