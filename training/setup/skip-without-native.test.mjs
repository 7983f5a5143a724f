import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('skips what failed for want of the binding, and nothing else', () => {
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const root = fileURLToPath(new URL('fixtures/without-native', import.meta.url));
  const env = Object.fromEntries(Object.entries(process.env).filter(([k]) => !/^VITEST/.test(k)));
  const { stdout, status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--root', root, '--reporter=json'],
    { encoding: 'utf8', env },
  );
  const results = JSON.parse(stdout);
  expect(status).toBe(1);
  expect(results.numPassedTests).toBe(1);
  expect(results.numFailedTests).toBe(1);
  expect(results.numPendingTests).toBe(3);
  const byName = Object.fromEntries(
    results.testResults[0].assertionResults.map((test) => [test.title, test.status]),
  );
  expect(byName).toEqual({
    'passes without the binding': 'passed',
    'reaches for the binding': 'skipped',
    'fails for a reason of its own': 'failed',
    'cannot run': 'skipped',
    'cannot run either': 'skipped',
  });
});
