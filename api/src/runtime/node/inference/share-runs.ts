import type { Classify, NetworkOutput } from '@naevus/shared/network/network-output';

interface Asked {
  readonly rgb: Uint8Array;
  readonly resolve: (output: NetworkOutput) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A classifier that computes images together where they are asked for in one turn of the event loop, or while
 * others are computed.
 *
 * @param run called with 1 to `most` images, and not again before it has ended
 * @param most images of a run
 */
export function shareRuns(
  run: (images: readonly Uint8Array[]) => Promise<readonly NetworkOutput[]>,
  most: number,
): Classify {
  const waiting: Asked[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const asked = waiting.splice(0, most);
      try {
        const outputs = await run(asked.map(({ rgb }) => rgb));
        for (const [i, { resolve }] of asked.entries()) resolve(outputs[i]!);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    running = false;
  }

  return (rgb) =>
    new Promise((resolve, reject) => {
      waiting.push({ rgb, resolve, reject });
      if (running) return;
      running = true;
      setImmediate(runAll);
    });
}
