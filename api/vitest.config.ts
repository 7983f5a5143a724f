import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests beside their source that read what the build has made. */
const OF_BUILT_FILES = [
  'src/analysis/measure.test.ts',
  'src/http/page/client/**/*.test.ts',
  'src/wasm/graph-classifier.test.ts',
  'src/wasm/network/network.test.ts',
];

/** Tests that hold the built server to times, or fill it with work: no other test of this workspace runs meanwhile. */
const TIMED = [
  'test/hostile.test.ts',
  'test/load.test.ts',
  'test/metrics.test.ts',
  'test/rate-limit.test.ts',
  'test/reload.test.ts',
  'test/server.test.ts',
  'test/stop-signal.test.ts',
];

/** In watch mode, the tests of the built server that a change runs again; the others follow their imports. */
const TESTS_OF: readonly (readonly [folder: string, tests: readonly string[]])[] = [
  ['bulk', ['bulk']],
  ['cli', ['cli']],
  ['fhir', ['fhir']],
  ['http/middleware', ['access', 'errors', 'log']],
  ['http/v2', ['v2']],
  ['language', ['language']],
  ['runtime/edge', ['edge']],
  ['runtime/node/access', ['access', 'rate-limit']],
  ['runtime/node/server', ['server', 'stop-signal']],
  ['runtime/node/telemetry', ['log', 'metrics', 'tracing']],
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'packages/**/*.test.ts', 'bench/**/*.test.mjs'],
          exclude: OF_BUILT_FILES,
          // They share no state, and would each load Zod and Hono again.
          isolate: false,
          globalSetup: ['../shared/test/build-kernels-if-stale.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'built',
          include: ['test/**/*.test.ts', ...OF_BUILT_FILES],
          exclude: TIMED,
          globalSetup: ['test/build-if-stale.ts'],
          // Two on two cores as well: most wait for a server, a browser or a time to pass.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: TIMED,
          globalSetup: ['test/build-if-stale.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A loaded machine takes longer than the second that is the default.
    expect: { poll: { timeout: 10_000 } },
    watchTriggerPatterns: [
      {
        pattern: /\/api\/src\/(.+)\/([^/]+)\.ts$/,
        testsToRun: (_, [, folder, name]) => {
          const test = (name: string) =>
            fileURLToPath(new URL(`test/${name}.test.ts`, import.meta.url));
          const tests = TESTS_OF.find(([start]) => folder!.startsWith(start))?.[1] ?? [];
          return [...tests, name!].map(test).filter((file) => existsSync(file));
        },
      },
    ],
  },
});
