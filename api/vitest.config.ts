import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'packages/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/**/*.test.mjs',
    ],
    // The tests of the server run the bundle: it is made of the sources as they are now.
    globalSetup: ['test/build.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A loaded machine takes longer than the second that is the default.
    expect: { poll: { timeout: 10_000 } },
  },
});
