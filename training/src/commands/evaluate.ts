import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createResampler } from '@naevus/shared/image/resampler';
import { z } from 'zod';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { describeProblem } from '../data/load/data-error.ts';
import { digestSamples, loadDataset } from '../data/load/dataset.ts';
import { splitSchema } from '../data/split/split-schema.ts';
import { parseImageIds, selectImages } from '../evaluate/classifiers/image-selection.ts';
import { scoreSamples } from '../evaluate/classifiers/score-samples.ts';
import { describeMetrics, metricsReport } from '../evaluate/metrics/metrics-report.ts';
import { predictionsCsv } from '../reports/predictions-csv.ts';
import { currentVersionFolder, loadArtifactFolder } from '../versions/artifact-folder.ts';

const HELP = `Scores a labelled folder with a version, through the same preprocessing and engine as the API.

npm run evaluate -- --data DIR --metadata CSV [--model VERSION_DIR] --out FILE.json

--data DIR         folder of images, in any folders below it
--metadata CSV     file with the columns image_id and dx (default: the one in DIR)
--model DIR        folder of a version (default: the current one of model-artifacts)
--out FILE.json    the metrics; per-image scores go into FILE.csv beside it
--only FILE        just these images: one image id a line
--split FILE       just one side of a split.json ...
--side SIDE        ... train or validation (default: validation)
--help             this text
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      metadata: { type: 'string' },
      model: { type: 'string' },
      out: { type: 'string' },
      only: { type: 'string' },
      split: { type: 'string' },
      side: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    strict: true,
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  if (!values.data || !values.out) throw new Error(`--data and --out are needed\n\n${HELP}`);
  if (!values.out.endsWith('.json')) throw new Error(`--out ${values.out} does not end in .json`);
  const wanted = await readWanted(values);
  const out = resolve(values.out);
  await mkdir(dirname(out), { recursive: true });

  const store = fileURLToPath(new URL('../../model-artifacts', import.meta.url));
  const folder = values.model ? resolve(values.model) : await currentVersionFolder(store);
  const { manifest, sha256, onnx } = await loadArtifactFolder(folder);
  console.log(`${manifest.name} ${manifest.version} (sha256 ${sha256})`);

  const dataset = await loadDataset({
    directory: values.data,
    ...(values.metadata && { metadata: values.metadata }),
    mismatches: 'skip',
  });
  const problems = dataset.problems.map(describeProblem);
  for (const problem of problems) console.warn(`passed over: ${problem}`);
  const samples = wanted
    ? selectImages(dataset.samples, wanted.ids, wanted.origin)
    : dataset.samples;

  const wasm = await readFile(new URL('kernels.wasm', import.meta.url));
  const resampler = createResampler(new WebAssembly.Module(wasm));
  const { results, unreadable, engine } = await scoreSamples(
    { onnx, manifest },
    samples,
    imagePreparation(resampler, manifest.preprocessing.crop),
  );
  for (const { path, reason } of unreadable) console.warn(`unreadable: ${path}: ${reason}`);
  if (results.length === 0) throw new Error(`none of the ${samples.length} images can be read`);

  const images = results.map(({ sample: { imageId, label, lesionId }, scores }) => ({
    imageId,
    label,
    lesionId,
    scores,
  }));
  const report = metricsReport(images, {
    model: { name: manifest.name, version: manifest.version },
    engine,
    data: { name: basename(resolve(values.data)), sha256: digestSamples(samples), unreadable },
    prior: manifest.prior.probabilities,
    calibration: manifest.calibration,
    seed: 1,
  });
  const document = { modelSha256: sha256, passedOver: problems, ...report };
  await writeWhole(out, `${JSON.stringify(document, null, 2)}\n`);
  const csv = out.replace(/\.json$/, '.csv');
  await writeWhole(csv, predictionsCsv(images));
  console.log(`\n${describeMetrics(report)}\n\nwrote ${out} and ${csv}`);
}

async function readWanted(values: {
  only?: string;
  split?: string;
  side?: string;
}): Promise<{ ids: readonly string[]; origin: string } | undefined> {
  if (values.only && values.split) throw new Error('give --only or --split, not both');
  if (values.side && !values.split) throw new Error('--side needs --split');
  if (values.only) {
    return { ids: parseImageIds(await readText(values.only)), origin: values.only };
  }
  if (!values.split) return undefined;
  const side = z.enum(['train', 'validation']).safeParse(values.side ?? 'validation');
  if (!side.success) throw new Error(`--side ${values.side} is neither train nor validation`);
  const split = splitSchema.safeParse(parseJsonFile(await readText(values.split), values.split));
  if (!split.success) {
    throw new Error(`${values.split} is no split.json:\n${z.prettifyError(split.error)}`);
  }
  return { ids: split.data[side.data], origin: `${values.split}, ${side.data}` };
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot read ${path}: ${cause.code ?? cause.message}`, { cause });
  });
}

function parseJsonFile(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause });
  }
}

/** So that an interrupted run leaves no half file under the name asked for. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  await writeFile(partial, text);
  await rename(partial, path);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
