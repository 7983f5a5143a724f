import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResampler } from '@naevus/shared/image/resampler';
import { expect, it, vi } from 'vitest';
import type { exportTfjs } from '../convert/tfjs/tfjs-export.ts';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { loadDataset } from '../data/load/dataset.ts';
import { readFinishedRun } from '../run/finished-run.ts';
import { writeSmallRun } from '../run/fixtures/small-run.ts';
import { exportRun } from './export-run.ts';

// A graph model whose melanoma bias is a little off: what a faulty exporter would make.
vi.mock('../convert/tfjs/tfjs-export.ts', async (original) => {
  const real = await original<{ exportTfjs: typeof exportTfjs }>();
  const faulty: typeof exportTfjs = (parameters, ...rest) => {
    const bias = parameters.get('classifier.bias')!;
    const changed = new Map(parameters).set('classifier.bias', bias.with(4, bias[4]! + 0.5));
    return real.exportTfjs(changed, ...rest);
  };
  return { ...real, exportTfjs: faulty };
});

it('refuses a version whose engines disagree', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'disagreement-'));
  try {
    const { run, data } = await writeSmallRun(folder);
    const wasm = createRequire(import.meta.url).resolve('@naevus/shared/kernels.wasm');
    const kernels = new WebAssembly.Module(readFileSync(wasm));
    const resampler = createResampler(kernels);
    const exporting = exportRun({
      scorePrior: 'training',
      run: await readFinishedRun(run),
      dataset: await loadDataset({ directory: data }),
      version: '1.0.0',
      nonLesions: '',
      prepare: imagePreparation(resampler, 1),
      kernels,
      log: () => undefined,
    });
    await expect(exporting).rejects.toThrow('the engines disagree, so no version is written');
  } finally {
    await rm(folder, { recursive: true });
  }
});
