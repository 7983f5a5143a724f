import { defineConfig } from 'vitest/config';
import { nativeTestOptions } from './setup/native-tests.mjs';

const { runner, reporters } = nativeTestOptions();

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'setup/**/*.test.mjs', 'bench/**/*.test.mjs'],
    // TensorFlow takes all cores and gigabytes, and its library cannot be loaded twice in one process.
    pool: 'forks',
    maxWorkers: 1,
    // The first step of a process creates TensorFlow's kernels: 15 to 45 s, not a hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    ...(runner === undefined ? {} : { runner }),
    reporters: ['default', ['json', { outputFile: '.cache/test-results.json' }], ...reporters],
  },
});
