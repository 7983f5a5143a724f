// What becomes of training's tests where TensorFlow's native binding is missing.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bindingIsThere } from './native-binding.mjs';

/** Where `setup.mjs --if-missing` leaves why it failed. */
export const FAILURE_NOTE = fileURLToPath(
  new URL('../.cache/native-setup-failure', import.meta.url),
);

/** Whether this runs in continuous integration, where a missing binding is a failure. */
export const isCi = () => !['', '0', 'false', undefined].includes(process.env.CI?.toLowerCase());

function whyMissing() {
  try {
    return readFileSync(FAILURE_NOTE, 'utf8');
  } catch {
    return 'it was never set up';
  }
}

/** Says at the end how many tests went unrun, so that a green run is not taken for a whole one. */
class SkippedNativeReporter {
  constructor(reason) {
    this.reason = reason;
  }

  onTestRunEnd(modules) {
    let skipped = 0;
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        if (test.meta().needsNativeTensorFlow) skipped += 1;
      }
    }
    console.log(
      `*** ${skipped} tests SKIPPED: no native TensorFlow (${this.reason}). npm run setup:training mends it. ***\n`,
    );
  }
}

/**
 * Vitest options by the state of the binding: nothing special where it is there; where it is missing, tests that
 * reach for it are skipped, counted and named at the end.
 *
 * @returns {{ runner?: string, reporters: object[] }}
 * @throws {Error} where it is missing and CI is set
 */
export function nativeTestOptions() {
  if (bindingIsThere()) return { reporters: [] };
  const reason = whyMissing();
  if (isCi())
    throw new Error(`TensorFlow's native binding is missing (${reason}): npm run setup:training`);
  return {
    runner: fileURLToPath(new URL('skip-without-native.mjs', import.meta.url)),
    reporters: [new SkippedNativeReporter(reason)],
  };
}
