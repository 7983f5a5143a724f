import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EpochRecord } from '../run/epoch-record.ts';
import { RUN_FILES } from '../run/run-record.ts';
import { writeColouredPictures } from '../train/fixtures/coloured-pictures.ts';
import { type FewImages, writeFewImages } from '../train/fixtures/few-images.ts';

// The real commands train the real network: half a minute a run on two quiet cores, far more on busy ones.
const MINUTES = 60_000;

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

let folder: string;
let few: FewImages;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'));
  few = await writeFewImages(folder);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Starts a built command as npm's script does. */
function start(name: string, ...args: string[]) {
  const child = spawn(process.execPath, [at(`../../dist/${name}.js`), ...args], { cwd: folder });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<{ code: number | null; signal: string | null; output: string }>(
    (resolve) => {
      child.on('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal, output });
      });
    },
  );
  return { child, ended, output: () => output };
}

const smoke = (out: string, ...args: string[]) =>
  start(
    'train',
    ...['--data', few.data, '--weights', few.weights, '--out', join(folder, out)],
    ...['--preset', 'smoke', '--cache', join(folder, 'cache'), ...args],
  );

/** Waits for what a running command does, and says what it said if it ends before. */
async function until(
  { child, output }: ReturnType<typeof start>,
  happened: () => Promise<boolean>,
): Promise<void> {
  while (!(await happened())) {
    if (child.exitCode !== null) throw new Error(`it ended before: ${output()}`);
    await setTimeout(100);
  }
}

const readJson = async <T>(...path: string[]): Promise<T> =>
  JSON.parse(await readFile(join(folder, ...path), 'utf8')) as T;

describe('train', () => {
  it(
    'trains by the preset smoke, and its run is exported and evaluated',
    async () => {
      const trained = await smoke('whole').ended;
      expect(trained, trained.output).toMatchObject({ code: 0 });
      const exported = await start(
        'export',
        ...['--run', join(folder, 'whole'), '--version', '0.0.1'],
        ...['--artifacts', join(folder, 'store')],
      ).ended;
      expect(exported, exported.output).toMatchObject({ code: 0 });
      const model = join(folder, 'store', '0.0.1');
      const evaluated = await start(
        'evaluate',
        ...['--data', few.data, '--model', model, '--out', join(folder, 'scores.json')],
        ...['--split', join(folder, 'whole', RUN_FILES.split), '--side', 'validation'],
      ).ended;
      expect(evaluated, evaluated.output).toMatchObject({ code: 0 });

      interface Report {
        metrics: { accuracy: number; macro: { auc: { value: number } } };
      }
      const scores = await readJson<Report>('scores.json');
      const report = await readJson<Report>('store', '0.0.1', 'reports', 'metrics.json');
      expect(scores.metrics).toEqual(report.metrics);
      // What guessing gives is 0.5; a network that learned nothing would stay there.
      expect(scores.metrics.macro.auc.value).toBeGreaterThan(0.6);
    },
    30 * MINUTES,
  );

  it(
    'goes on after SIGKILL and after SIGTERM to the same weights and metrics as without',
    async () => {
      const state = () =>
        readJson<{ phase: string; step: number }>('broken', 'checkpoint', 'state.json').catch(
          () => null,
        );
      const killed = smoke('broken');
      await until(killed, async () => {
        const found = await state();
        return found?.phase === 'fine-tuning' && found.step > 0;
      });
      killed.child.kill('SIGKILL');
      expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });

      const refused = await smoke('broken').ended;
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.output).toContain('add --resume');

      const stopped = smoke('broken', '--resume');
      await until(stopped, async () => stopped.output().includes('resuming at step'));
      stopped.child.kill('SIGTERM');
      const { code, output } = await stopped.ended;
      expect(code, output).toBe(75);
      expect(output).toContain('go on with --resume');
      expect(existsSync(join(folder, 'broken', RUN_FILES.record))).toBe(false);

      const resumed = await smoke('broken', '--resume').ended;
      expect(resumed, resumed.output).toMatchObject({ code: 0 });
      const weights = (run: string) => readFile(join(folder, run, RUN_FILES.weights));
      expect((await weights('broken')).equals(await weights('whole'))).toBe(true);
      const figures = async (run: string) =>
        (await readJson<EpochRecord[]>(run, RUN_FILES.history)).map(
          ({ seconds: _, imagesPerSecond: __, ...others }) => others,
        );
      expect(await figures('broken')).toEqual(await figures('whole'));
    },
    30 * MINUTES,
  );

  it('names a damaged image and begins nothing', async () => {
    const data = join(folder, 'damaged');
    await writeColouredPictures(data, 4);
    const image = join(data, 'mel_2.jpg');
    await writeFile(image, (await readFile(image)).subarray(0, 300));
    const { code, output } = await start(
      'train',
      ...['--data', data, '--weights', few.weights, '--out', join(folder, 'never')],
      ...['--preset', 'smoke', '--cache', join(folder, 'cache')],
    ).ended;
    expect(code).toBe(1);
    expect(output).toContain('mel_2');
    expect(output).not.toContain('    at ');
    expect(existsSync(join(folder, 'never', 'checkpoint'))).toBe(false);
  });

  it('says what is wrong with its flags and its configuration', async () => {
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ head: { epochs: 1, learningRate: 1, gamma: 2 } }));
    const complaint = async (...args: string[]) => (await start('train', ...args).ended).output;
    expect(await complaint()).toContain('--data and --out are needed');
    const needed = ['--data', few.data, '--out', join(folder, 'never')];
    expect(await complaint(...needed, '--preset', 'worst')).toContain('not one of head, best');
    expect(await complaint(...needed, '--config', config)).toMatch(/config\.json.*"gamma"/s);
    expect(await complaint(...needed, '--modle', 'x')).toContain("'--modle'");
  });
});
