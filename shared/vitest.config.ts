import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: ['src/preprocessing/build-resampler-if-stale.ts'],
  },
});
