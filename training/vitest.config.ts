import { defineConfig } from 'vitest/config';
import { nativeTestOptions } from './setup/native-tests.mjs';

const { runner, reporters } = nativeTestOptions();

/** Tests that train, in their own process or in one that they start, and tests that replace modules. */
const APART = [
  'src/commands/**/*.test.ts',
  'src/convert/engines.test.ts',
  'src/evaluate/drift/drift.test.ts',
  'src/network/engine/**/*.test.ts',
  'src/network/trainable-network.test.ts',
  'src/release/**/*.test.ts',
  'src/run/checkpoint.test.ts',
  'src/train/**/*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.test.ts', 'setup/**/*.test.mjs', 'bench/**/*.test.mjs'],
          exclude: APART,
          // They share no state, and would each load Zod, sharp and Vega again.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: APART,
          globalSetup: ['test/build-commands.ts'],
          // A process each: TensorFlow's library cannot be loaded twice in one. It takes all cores and up to 1.6 GB, but
          // not all of the time, so that two are done sooner than one after the other.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    pool: 'forks',
    // The first step of a process creates TensorFlow's kernels: 15 to 45 s, not a hang.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    ...(runner === undefined ? {} : { runner }),
    reporters: ['default', ['json', { outputFile: '.cache/test-results.json' }], ...reporters],
  },
});
