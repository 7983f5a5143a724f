import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { writeFixtureArtifact, writeFixtureVersion } from '../../test/helpers/fixture-artifact.ts';
import { seededRandom } from './mixed-clients.mjs';
import { mixedSoak } from './mixed-soak.mjs';

it('makes the same numbers of the same seed, from 0 to 1', () => {
  const numbers = (seed) => Array.from({ length: 1000 }, seededRandom(seed));
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
  const mean = numbers(7).reduce((sum, each) => sum + each) / 1000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
  expect(Math.min(...numbers(7), ...numbers(8))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers(7), ...numbers(8))).toBeLessThan(1);
});

it.runIf(existsSync('/proc/self/stat'))(
  'clients of all sorts leave nothing behind in a server',
  async () => {
    const photo = readFileSync(
      new URL('../../src/http/page/examples/ISIC_0025751.jpg', import.meta.url),
    );
    const modelFolder = writeFixtureArtifact();
    writeFixtureVersion(modelFolder, { version: '0.0.2' });
    const { faults, done, phases } = await mixedSoak({
      seed: 20261130,
      modelFolder,
      versions: ['0.0.1', '0.0.2'],
      photos: [photo],
      lives: 2,
      phases: 1,
      phaseSeconds: 2,
      env: { NAEVUS_WORKERS: '2' },
    });
    expect(faults).toEqual([]);
    expect(phases).toHaveLength(2);
    expect(Object.keys(done).length).toBeGreaterThan(5);
  },
  180_000,
);
