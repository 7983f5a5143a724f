import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    // Seconds on an idle machine; a busy one must not turn them into failures.
    testTimeout: 60_000,
    globalSetup: ['test/build-kernels-if-stale.ts'],
  },
});
