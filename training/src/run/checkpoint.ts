import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../files/json-file.ts';
import type { Parameters } from '../network/parameters.ts';
import { readSafetensors, serializeSafetensors } from '../network/safetensors.ts';
import type { EpochRecord } from './epoch-record.ts';
import { configDifferences, type RunIdentity, runDigest } from './run-identity.ts';

/**
 * Where a run stands between two steps. Sampling, resampling and augmentation are functions of seed and
 * step, so no random state belongs here.
 */
export interface Checkpoint {
  readonly phase: 'statistics' | 'head' | 'fine-tuning';
  /** Steps done in the phase, over all stages. */
  readonly step: number;
  /** Sum of the losses and count of the images since the epoch began. */
  readonly epochLoss: { readonly sum: number; readonly images: number; readonly seconds: number };
  readonly history: readonly EpochRecord[];
  /** Sums of batch statistics so far, in the phase of that name. */
  readonly statistics: StatisticsSums | null;
  /** PyTorch's layout. */
  readonly weights: Parameters;
  /** The optimizer's moments, TensorFlow's layout. */
  readonly first: Parameters;
  readonly second: Parameters;
  readonly average: Parameters | null;
  /** The weights of the best validation so far, where early stopping watches. PyTorch's layout. */
  readonly best: Parameters | null;
  /** Pooled features of the training images so far, one array of rows, in the head phase. */
  readonly features: Parameters | null;
}

/** What a checkpoint holds besides its phase, step and weights, where there is nothing of it yet. */
export const EMPTY_CHECKPOINT = {
  step: 0,
  epochLoss: { sum: 0, images: 0, seconds: 0 },
  history: [],
  statistics: null,
  first: new Map(),
  second: new Map(),
  average: null,
  best: null,
  features: null,
} as const satisfies Omit<Checkpoint, 'phase' | 'weights'>;

const sums = z.record(z.string(), z.array(z.number()));
const statisticsSchema = z.object({
  batches: z.number().int().positive(),
  means: sums,
  variances: sums,
});

/** Sums over batches of each normalization's statistics, by its name. */
export type StatisticsSums = z.infer<typeof statisticsSchema>;

const TENSORS = ['weights', 'first', 'second', 'average', 'best', 'features'] as const;

const stateSchema = z.object({
  phase: z.enum(['statistics', 'head', 'fine-tuning']),
  step: z.number().int().nonnegative(),
  epochLoss: z.object({ sum: z.number(), images: z.number(), seconds: z.number() }),
  history: z.array(z.custom<EpochRecord>((value) => typeof value === 'object' && value !== null)),
  statistics: statisticsSchema.nullable(),
  runDigest: z.string(),
  /** The configuration that {@link runDigest} was taken of. */
  config: z.unknown(),
  /** Which of the arrays there are. */
  tensors: z.array(z.enum(TENSORS)),
});

const tensorFile = (directory: string, name: string) => join(directory, `${name}.safetensors`);

/**
 * Writes a checkpoint beside the last one, then puts it in its place: a crash in between loses neither.
 *
 * @throws Error that says where the last whole one lies when this one cannot be written (a full disk).
 */
export async function writeCheckpoint(
  run: string,
  identity: RunIdentity,
  checkpoint: Checkpoint,
): Promise<void> {
  const { current, incoming, previous } = places(run);
  try {
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true });
    for (const name of TENSORS) {
      const tensors = checkpoint[name];
      if (tensors)
        await writeSynced(tensorFile(incoming, name), serializeSafetensors(tensors, new Map()));
    }
    const { phase, step, epochLoss, history, statistics } = checkpoint;
    const state: z.input<typeof stateSchema> = {
      phase,
      step,
      epochLoss,
      history: [...history],
      statistics,
      runDigest: runDigest(identity),
      config: identity.config,
      tensors: TENSORS.filter((name) => checkpoint[name] !== null),
    };
    await writeSynced(join(incoming, 'state.json'), JSON.stringify(state));
    await rm(previous, { recursive: true, force: true });
    if (await exists(current)) await rename(current, previous);
    await rename(incoming, current);
    await rm(previous, { recursive: true, force: true });
  } catch (cause) {
    await rm(incoming, { recursive: true, force: true }).catch(() => {});
    const { message } = cause as Error;
    const last = (await exists(current)) || (await exists(previous));
    throw new Error(
      `the checkpoint of step ${checkpoint.step} of ${checkpoint.phase} cannot be written: ${message}. ` +
        (last
          ? `The one before it in ${run} is whole: put right what is wrong and go on with --resume`
          : `There is none before it: put right what is wrong with ${run} and begin again`),
      { cause },
    );
  }
}

/** Written through to the disk: after a power cut a renamed folder must not hold empty files. */
async function writeSynced(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The last whole checkpoint of a run, or null where there is none. One that was written before a field of
 * the configuration existed is read as having that field's default.
 *
 * @throws Error when it was written by another configuration or on other data, or is damaged.
 */
export async function readCheckpoint(
  run: string,
  identity: RunIdentity,
): Promise<Checkpoint | null> {
  const { current, previous } = places(run);
  const directory = (await exists(current)) ? current : previous;
  if (!(await exists(directory))) return null;
  const state = await readJson(join(directory, 'state.json'), stateSchema);
  const differing = configDifferences(state.config, identity.config);
  if (differing.length > 0) {
    throw new Error(
      `${directory} was written with another configuration, which differs in ${differing.join(', ')}: ` +
        'give the same one to resume, or another --out to begin anew',
    );
  }
  if (state.runDigest !== runDigest(identity, state.config)) {
    throw new Error(
      `${directory} was written on other data, with another split, another teacher or from other initial weights: ` +
        'give the same ones to resume, or another --out to begin anew',
    );
  }
  const tensors = (name: (typeof TENSORS)[number]) => readSafetensors(tensorFile(directory, name));
  const optional = async (name: (typeof TENSORS)[number]) =>
    state.tensors.includes(name) ? await tensors(name) : null;
  return {
    phase: state.phase,
    step: state.step,
    epochLoss: state.epochLoss,
    history: state.history,
    statistics: state.statistics,
    weights: await tensors('weights'),
    first: await tensors('first'),
    second: await tensors('second'),
    average: await optional('average'),
    best: await optional('best'),
    features: await optional('features'),
  };
}

function places(run: string) {
  return {
    current: join(run, 'checkpoint'),
    incoming: join(run, 'checkpoint.incoming'),
    previous: join(run, 'checkpoint.previous'),
  };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
