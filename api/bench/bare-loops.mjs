import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * One bare loop on each core, at the same time: what the machine allows.
 *
 * @param {string} modelFolder
 */
export async function startBareLoops(modelFolder) {
  const outfile = at('../.cache/bench/bare-loop.mjs');
  mkdirSync(at('../.cache/bench'), { recursive: true });
  const { build } = await import('esbuild');
  await build({
    entryPoints: [at('bare-loop.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['sharp', 'onnxruntime-node'],
    logLevel: 'warning',
  });
  const args = [outfile, modelFolder, at('../dist/page-files/')];
  const loops = Array.from({ length: availableParallelism() }, () => {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill());
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => {
      const { value, done } = await answers.next();
      if (done) throw new Error('a bare loop ended');
      return JSON.parse(value);
    };
    return { child, next };
  });
  for (const { next } of loops) await next();
  return {
    cores: loops.length,
    /**
     * @param {'decode' | 'inference' | 'both'} mode
     * @returns {Promise<number>} images a second, all cores together
     */
    async imagesPerSecond(mode, seconds, file) {
      const results = await Promise.all(
        loops.map(({ child, next }) => {
          child.stdin.write(`${JSON.stringify([mode, seconds, file])}\n`);
          return next();
        }),
      );
      return results.reduce((sum, result) => sum + result.images / result.seconds, 0);
    },
    stop() {
      for (const { child } of loops) child.kill();
    },
  };
}
