import { TestRunner } from 'vitest';

// Every error of ours about a missing binding names the command that builds it.
const ASKS_FOR_SETUP = /npm run setup:training/;

function failedForTheBindingAlone(result) {
  return (
    result?.state === 'fail' &&
    result.errors?.length > 0 &&
    result.errors.every((error) => ASKS_FOR_SETUP.test(error.message))
  );
}

function markTests(tasks) {
  for (const task of tasks) {
    task.meta.needsNativeTensorFlow = true;
    if (task.type === 'suite') markTests(task.tasks);
  }
}

/** Vitest's runner, except that a test or hook that failed only for want of the native binding counts as skipped. */
export default class SkipWithoutNative extends TestRunner {
  onAfterRunTask(test) {
    if (failedForTheBindingAlone(test.result)) {
      test.mode = 'skip';
      test.result = { state: 'skip', pending: true, note: 'no native TensorFlow' };
      test.meta.needsNativeTensorFlow = true;
    }
    return super.onAfterRunTask(test);
  }

  onAfterRunSuite(suite) {
    // a hook failed: vitest has marked the suite's tests as skipped already
    if (failedForTheBindingAlone(suite.result)) {
      suite.mode = 'skip';
      suite.result = { state: 'skip', note: 'no native TensorFlow' };
      markTests(suite.tasks);
    }
    return super.onAfterRunSuite(suite);
  }
}
