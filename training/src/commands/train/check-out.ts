import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { RUN_FILES } from '../../run/run-record.ts';

/**
 * Checks the folder of `--out`, before a finished run or a checkpoint in it is lost.
 *
 * @param inputs files that the run reads before it has data
 * @throws Error when it holds a finished run, a checkpoint without `--resume`, or an input that the run would write over
 */
export async function checkOut(
  out: string,
  resume: boolean,
  inputs: readonly string[],
): Promise<void> {
  const exists = async (name: string) => (await stat(join(out, name)).catch(() => null)) !== null;
  if (await exists(RUN_FILES.record)) {
    throw new Error(`${out} holds a finished run: choose another --out`);
  }
  const begun = (await exists('checkpoint')) || (await exists('checkpoint.previous'));
  if (begun && !resume) {
    throw new Error(`${out} holds a checkpoint: add --resume, or choose another --out`);
  }
  if (!begun && resume) console.log(`${out} holds no checkpoint yet: starting from the beginning`);
  const { split, config, ...later } = RUN_FILES;
  // A run that goes on keeps these two as they are.
  const written = begun ? later : { split, config, ...later };
  await refuseOverwriting(
    Object.values(written).map((name) => join(out, name)),
    inputs,
  );
}
