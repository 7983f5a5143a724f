import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Parameters } from '../network/parameters.ts';
import { readSafetensors, serializeSafetensors } from '../weights/safetensors.ts';
import type { EpochRecord } from './epoch-record.ts';

/**
 * Where a fine-tuning run stands between two steps. Sampling and augmentation are functions of seed and
 * step, so no random state belongs here.
 */
export interface Checkpoint {
  /** Steps done, over all stages. */
  readonly step: number;
  /** Sum of the losses and count of the images since the epoch began. */
  readonly epochLoss: { readonly sum: number; readonly images: number; readonly seconds: number };
  readonly history: readonly EpochRecord[];
  /** Digest of configuration and data: a checkpoint is resumed only by the run that wrote it. */
  readonly runDigest: string;
  /** PyTorch's layout. */
  readonly weights: Parameters;
  /** TensorFlow's layout. */
  readonly first: Parameters;
  readonly second: Parameters;
  readonly average: Parameters | null;
}

const stateSchema = z.object({
  step: z.number().int().nonnegative(),
  epochLoss: z.object({ sum: z.number(), images: z.number(), seconds: z.number() }),
  history: z.array(z.custom<EpochRecord>((value) => typeof value === 'object' && value !== null)),
  runDigest: z.string(),
  hasAverage: z.boolean(),
});

const TENSORS = ['weights', 'first', 'second', 'average'] as const;
const tensorFile = (directory: string, name: string) => join(directory, `${name}.safetensors`);

/** Writes a checkpoint beside the last one, then puts it in its place: a crash in between loses neither. */
export async function writeCheckpoint(run: string, checkpoint: Checkpoint): Promise<void> {
  const { current, incoming, previous } = places(run);
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { recursive: true });
  for (const name of TENSORS) {
    const tensors = checkpoint[name];
    if (tensors)
      await writeFile(tensorFile(incoming, name), serializeSafetensors(tensors, new Map()));
  }
  const { step, epochLoss, history, runDigest, average } = checkpoint;
  const state = { step, epochLoss, history, runDigest, hasAverage: average !== null };
  await writeFile(join(incoming, 'state.json'), JSON.stringify(state));
  await rm(previous, { recursive: true, force: true });
  if (await exists(current)) await rename(current, previous);
  await rename(incoming, current);
  await rm(previous, { recursive: true, force: true });
}

/**
 * The last whole checkpoint of a run, or null where there is none.
 *
 * @throws Error when it was written by another configuration or on other data, or is damaged.
 */
export async function readCheckpoint(run: string, runDigest: string): Promise<Checkpoint | null> {
  const { current, previous } = places(run);
  const directory = (await exists(current)) ? current : previous;
  if (!(await exists(directory))) return null;
  const text = await readFile(join(directory, 'state.json'), 'utf8');
  const state = stateSchema.parse(JSON.parse(text));
  if (state.runDigest !== runDigest) {
    throw new Error(
      `${directory} was written with another configuration, other data or other initial weights: ` +
        'give the same ones to resume, or another --out to begin anew',
    );
  }
  const tensors = (name: (typeof TENSORS)[number]) => readSafetensors(tensorFile(directory, name));
  return {
    step: state.step,
    epochLoss: state.epochLoss,
    history: state.history,
    runDigest,
    weights: await tensors('weights'),
    first: await tensors('first'),
    second: await tensors('second'),
    average: state.hasAverage ? await tensors('average') : null,
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
