import { cropSchema } from '@naevus/shared/model/manifest';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and dashes');

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
    /** An earlier run to go on from; from scratch where there is none. */
    continue: name.optional(),
  })
  .refine(({ preset, config }) => (preset === undefined) !== (config === undefined), {
    error: 'a run has either a preset or a config',
  });

/** A JSON file that says how a version is made: several runs, one after another, and the mean that is exported. */
export const pipelineSchema = z
  .strictObject({
    description: z.string().min(1),
    runs: z.array(runSchema).min(1),
    /** Share of each run in the exported mean; they sum to 1. */
    average: z.record(name, z.number().positive().max(1)),
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
      if (run.continue !== undefined && earlier.every((other) => other.name !== run.continue)) {
        fault(['runs', i, 'continue'], `no run before it is called ${run.continue}`);
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
    const sum = Object.values(average).reduce((total, share) => total + share, 0);
    if (Math.abs(sum - 1) > 1e-6)
      fault(['average'], `the shares sum to ${Number(sum.toFixed(6))}, not to 1`);
  });

export type Pipeline = z.infer<typeof pipelineSchema>;
