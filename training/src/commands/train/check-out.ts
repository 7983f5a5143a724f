import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RUN_FILES } from '../../run/run-record.ts';

/**
 * Checks the folder of `--out`, before a finished run or a checkpoint in it is lost.
 *
 * @throws Error when it holds a finished run, or a checkpoint without `--resume`
 */
export async function checkOut(out: string, resume: boolean): Promise<void> {
  const exists = async (name: string) => (await stat(join(out, name)).catch(() => null)) !== null;
  if (await exists(RUN_FILES.record)) {
    throw new Error(`${out} holds a finished run: choose another --out`);
  }
  const begun = (await exists('checkpoint')) || (await exists('checkpoint.previous'));
  if (begun && !resume) {
    throw new Error(`${out} holds a checkpoint: add --resume, or choose another --out`);
  }
  if (!begun && resume) console.log(`${out} holds no checkpoint yet: starting from the beginning`);
}
