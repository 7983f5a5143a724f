import { dirname, resolve } from 'node:path';
import { cropSchema } from '@naevus/shared/model/manifest';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes');

/** By run; they sum to 1. */
const shares = z.record(name, z.number().positive().max(1)).superRefine((ofRuns, context) => {
  const sum = Object.values(ofRuns).reduce((total, share) => total + share, 0);
  if (Math.abs(sum - 1) <= 1e-6) return;
  const message = `the shares sum to ${Number(sum.toFixed(6))}, not to 1`;
  context.addIssue({ code: 'custom', message });
});

const runSchema = z
  .strictObject({
    /** Of the run, and of its folder. */
    name,
    /** A preset's name; or `config`, a file beside the pipeline's. */
    preset: z.string().optional(),
    config: z.string().optional(),
    seed: z.number().int(),
    /** Names of committed sources, the home source first; those of the run before it are among them. */
    sources: z.array(name).min(1),
    /** An earlier run to go on from, or the shares of several in the mean of their weights; from scratch without. */
    continue: z.union([name, shares]).optional(),
    /**
     * So many members in place of one run, each trained from scratch without a fold of the training images: what they
     * make of those teaches a later run. They are in no mean.
     */
    folds: z.number().int().min(2).max(20).optional(),
    /** An earlier run with `folds`: each image is taught by the member that has not seen it. */
    teacher: name.optional(),
  })
  .refine(({ preset, config }) => (preset === undefined) !== (config === undefined), {
    error: 'a run has either a preset or a config',
  });

/** A JSON file that says how a version is made: several runs, one after another, and the mean that is exported. */
export const pipelineSchema = z
  .strictObject({
    description: z.string().min(1),
    /** A file beside the pipeline's that describes the classes; HAM10000's without. */
    taxonomy: z.string().min(1).optional(),
    runs: z.array(runSchema).min(1),
    /** Share of each run in the exported mean. */
    average: shares,
    /**
     * The validation images of the version that is served stay there, so that the gate can compare with it; where none
     * is served, and without this, the first run's seed decides.
     */
    keepSplit: z.boolean().default(false),
    /** Share of each side of an image that the version is shown. */
    crop: cropSchema,
    /** Sources that nothing is trained on, and that the version is measured with. */
    outside: z.array(name).default([]),
  })
  .superRefine(({ runs, average }, context) => {
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    for (const [i, run] of runs.entries()) {
      const earlier = runs.slice(0, i);
      if (earlier.some((other) => other.name === run.name)) {
        fault(['runs', i, 'name'], `two runs are called ${run.name}`);
      }
      for (const start of startsOf(run)) {
        if (earlier.every((other) => other.name !== start)) {
          fault(['runs', i, 'continue'], `no run before it is called ${start}`);
        }
      }
      if (run.folds && (i === 0 || run.continue)) {
        const detail = 'members begin from scratch, with the split of a run before them';
        fault(['runs', i, 'folds'], detail);
      }
      for (const used of [
        ...startsOf(run),
        ...(i === runs.length - 1 ? Object.keys(average) : []),
      ]) {
        if (runs.some((other) => other.name === used && other.folds)) {
          fault(['runs', i], `${used} has folds: its members only teach`);
        }
      }
      if (run.teacher && !earlier.some((other) => other.name === run.teacher && other.folds)) {
        fault(['runs', i, 'teacher'], `no run before it is called ${run.teacher} and has folds`);
      }
      const lost = earlier.at(-1)?.sources.filter((source) => !run.sources.includes(source)) ?? [];
      if (lost.length > 0 || run.sources[0] !== runs[0]!.sources[0]) {
        const detail = 'the sources of the run before it are to be among its own, home first';
        fault(['runs', i, 'sources'], detail);
      }
    }
    for (const shared of Object.keys(average)) {
      if (runs.every((run) => run.name !== shared)) {
        fault(['average', shared], `no run is called ${shared}`);
      }
    }
  });

/** Names of the runs that a run goes on from. */
export function startsOf({
  continue: start,
}: {
  continue?: string | object | undefined;
}): string[] {
  return typeof start === 'object' ? Object.keys(start) : start === undefined ? [] : [start];
}

export type Pipeline = z.infer<typeof pipelineSchema>;

/** Where a file that a pipeline names is: beside the pipeline's own. */
export function besidePipeline(name: string, pipelineFile: string): string {
  return resolve(dirname(pipelineFile), name);
}
