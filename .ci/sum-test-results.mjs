// Sums what vitest wrote in every workspace and prints "N passed, N failed, N skipped" as the last line.
// The argument `failed` says that the test command failed, which an error outside any test does too.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const total = { passed: 0, failed: 0, skipped: 0 };
for (const workspace of workspaces) {
  const path = join(root, workspace, '.cache/test-results.json');
  if (!existsSync(path)) {
    console.log(`${workspace}: no test results: its tests did not run to their end`);
    total.failed += 1;
    continue;
  }
  const results = JSON.parse(readFileSync(path, 'utf8'));
  // A file that fails before its first test has no failed test of its own, and is a failure all the same.
  const brokenFiles = results.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const counts = {
    passed: results.numPassedTests,
    failed: results.numFailedTests + brokenFiles,
    skipped: results.numPendingTests + results.numTodoTests,
  };
  const line = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  console.log(`${workspace}: ${line.join(', ')}`);
  for (const name of Object.keys(total)) total[name] += counts[name];
}
if (process.argv[2] === 'failed' && total.failed === 0) {
  console.log('no test failed, but the test command did: counted as one failure');
  total.failed = 1;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
