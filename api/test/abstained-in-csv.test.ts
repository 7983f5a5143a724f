import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readTable } from '@naevus/shared/csv/read-table';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { inferResponseSchema } from '../src/schemas/inference-protocol.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { startServer } from './helpers/server-process.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = at('../naevus.mjs');

/** The bundled model gives 0.99 to a naevus, on an image that is none. */
const NOT_A_LESION = at('fixtures/field/abstained-in-csv.png');
const MELANOMA = at('fixtures/field/melanoma.png');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'naevus-abstained-'));
  copyFileSync(NOT_A_LESION, join(folder, 'not-a-lesion.png'));
  copyFileSync(MELANOMA, join(folder, 'melanoma.png'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function naevus(...args: string[]) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env.PATH, NAEVUS_WORKERS: '1' };
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { cwd: folder, env, timeout: 120_000 },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

type Row = Readonly<Record<string, string>>;

async function table(...args: string[]): Promise<{ rows: readonly Row[]; code: number }> {
  const { code, stdout, stderr } = await naevus('predict', ...args, '--format', 'csv');
  expect(stderr).toContain('Not a medical device');
  return { code, rows: readTable(stdout).rows.map(({ cells }) => cells) };
}

describe('a label never goes without its warning', { timeout: 300_000 }, () => {
  it('abstained-in-csv', async () => {
    const { rows, code } = await table('.');
    expect(code).toBe(0);
    const [melanoma, noise] = rows;
    expect(noise).toMatchObject({ file: 'not-a-lesion.png', abstained: 'true', flagged: 'true' });
    expect(noise!.triage).not.toBe('routine');
    expect(noise!.reasons).toMatch(/^[a-z-]+( [a-z-]+)*$/);
    expect(melanoma).toMatchObject({ file: 'melanoma.png', abstained: 'false', error: '' });

    const { stdout } = await naevus('predict', '.');
    const { results } = JSON.parse(stdout);
    for (const [i, row] of rows.entries()) {
      const { assessment, prediction_set } = results[i];
      expect(row).toMatchObject({
        abstained: String(assessment.abstained),
        triage: assessment.triage,
        flagged: String(assessment.flagged),
        malignant_score: String(assessment.malignant_score),
        prediction_set: prediction_set.labels.join(' '),
        reasons: assessment.reasons.map(({ code }: { code: string }) => code).join(' '),
      });
      expect(prediction_set.labels).toContain(row.label);
    }
  });

  it('in a table of lesions', async () => {
    const list = 'image,lesion\nnot-a-lesion.png,noise\nmelanoma.png,L1\nnot-a-lesion.png,L1\n';
    writeFileSync(join(folder, 'lesions.csv'), list);
    const { rows } = await table('--lesions', 'lesions.csv');
    expect(rows[0]).toMatchObject({ lesion: 'noise', abstained: 'true', flagged: 'true' });
    expect(rows[1]).toMatchObject({ lesion: 'L1', abstained: 'false' });
    expect(rows[1]!.reasons).toContain('photos-left-out');
  });

  it('where no answer is wanted of an image that is abstained from', async () => {
    const { rows, code } = await table('.', '--strict');
    expect(code).toBe(1);
    expect(rows[0]).toMatchObject({ file: 'melanoma.png', abstained: 'false', error: '' });
    expect(rows[1]).toMatchObject({ abstained: 'true', label: '', nv: '', malignant_score: '' });
    expect(rows[1]!.error).not.toBe('');
    expect(rows[1]!.reasons).not.toBe('');
  });

  it('in the outputs and parameters of v2, and in the example in Python', async () => {
    const server = await startServer({ NAEVUS_WORKERS: '1' });
    onTestFinished(async () => void (await server.stop()));
    const { name } = modelResponseSchema.parse(await (await fetch(`${server.url}/model`)).json());
    const file = new Uint8Array(readFileSync(NOT_A_LESION));
    const response = await server.post(`/v2/models/${name}/infer`, file, {
      'Inference-Header-Content-Length': '0',
    });
    const { parameters, outputs } = inferResponseSchema.parse(await response.json());
    expect(parameters).toMatchObject({ abstained: true, flagged: true });
    expect(outputs.find((output) => output.name === 'abstained')!.data).toEqual([true]);

    const example = at('../examples/predict.py');
    const { stdout } = await promisify(execFile)('python3', [example, NOT_A_LESION, server.url]);
    expect(stdout).toMatch(/^No answer for this image/);
    expect(stdout).not.toMatch(/\d%/);
  });

  it('beside a heat map', async () => {
    const noise = await naevus('gradcam', 'not-a-lesion.png', '-o', 'noise.png');
    expect(noise.stderr).toMatch(/^noise\.png: \w+; no answer for this picture \(review\)\n {2}\w/);
    expect(noise.stderr).not.toMatch(/highest score/);
    const lesion = await naevus('gradcam', 'melanoma.png', '-o', 'lesion.png', '--language', 'de');
    expect(lesion.stderr).toMatch(
      /highest score: \S.* \(\w+\) .*; malignant score [\d.]+ %: \w+; cannot be/,
    );
    expect(lesion.stderr).toContain('Kein Medizinprodukt');
  });

  it('keeps what the flags ask for', async () => {
    const flags = ['--coverage', '0.99', '--prior', 'uniform', '--operating-point'];
    const { stdout } = await naevus(
      ...['predict', 'melanoma.png', ...flags, 'specificity-90', '--language', 'fr'],
    );
    const { prior, results, disclaimer, translation } = JSON.parse(stdout);
    expect(prior.name).toBe('uniform');
    expect(results[0]).toMatchObject({
      assessment: { operating_point: 'specificity-90' },
      prediction_set: { coverage: 0.99 },
    });
    expect(disclaimer).toMatch(/dispositif médical/);
    expect(translation).not.toBe('');
  });
});
