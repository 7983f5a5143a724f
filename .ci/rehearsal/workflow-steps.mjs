// Runs the steps of a workflow's jobs as GitHub's runner would: their `run` scripts as they stand in the file, with
// the environment, conditions and outputs that the file gives them. `uses` steps move files between machines; on one
// machine they have nothing to do.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A step that ended with another status than 0. */
export class StepError extends Error {
  constructor(job, step, status) {
    super(`${job}: ${titleOf(step)} ended with ${status}`);
    this.job = job;
    this.step = step.id;
    this.status = status;
  }
}

/**
 * @param file the workflow
 * @param options.jobs which jobs, in this order
 * @param options.skip ids and scripts of steps that need what is not here
 * @param options.context what the workflow's expressions stand for, by their text
 * @param options.folder the checkout
 * @param options.environment of every step
 * @param options.scratch folder for the runner's own files
 * @throws StepError of the first step that fails
 */
export async function runJobs(file, { jobs, skip, context, folder, environment, scratch }) {
  const workflow = parse(readFileSync(file, 'utf8'));
  const known = new Map(Object.entries(context));
  for (const name of jobs) {
    const job = workflow.jobs[name];
    if (!job) throw new Error(`${file} has no job ${name}`);
    for (const step of job.steps) {
      if (step.uses) continue;
      if (skip.has(step.id ?? step.run)) continue;
      if (step.if !== undefined && !holds(step.if, known)) continue;
      const env = Object.fromEntries(
        Object.entries({ ...workflow.env, ...job.env, ...step.env }).map(([key, value]) => [
          key,
          expand(value, known),
        ]),
      );
      const output = join(scratch, 'output');
      writeFileSync(output, '');
      console.log(`--- ${name}: ${titleOf(step)}`);
      const started = performance.now();
      const status = await bash(step.run, folder, {
        ...environment,
        ...env,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: join(scratch, 'summary.md'),
      });
      console.log(`--- ${((performance.now() - started) / 1000).toFixed(1)} s`);
      if (status !== 0) throw new StepError(name, step, status);
      for (const line of readFileSync(output, 'utf8').split('\n').filter(Boolean)) {
        const [key, ...value] = line.split('=');
        known.set(`steps.${step.id}.outputs.${key}`, value.join('='));
      }
    }
    for (const [key, value] of Object.entries(job.outputs ?? {})) {
      known.set(`needs.${name}.outputs.${key}`, expand(value, known));
    }
  }
}

function titleOf({ name, run }) {
  return name ?? run;
}

/** Replaces each `${{ … }}`; what is not known is an error, so that nothing is rehearsed with a gap. */
function expand(value, known) {
  return String(value).replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression) => {
    if (!known.has(expression)) throw new Error(`the rehearsal does not know ${expression}`);
    return known.get(expression);
  });
}

/** Comparisons with a text, which is all that the steps' conditions are. */
function holds(condition, known) {
  const [, left, operator, right] = condition.match(/^([\w.-]+) (==|!=) '([^']*)'$/) ?? [];
  if (left === undefined) throw new Error(`the rehearsal does not understand: if: ${condition}`);
  return ((known.get(left) ?? '') === right) === (operator === '==');
}

/** As the runner calls it where no shell is named. */
function bash(script, cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
