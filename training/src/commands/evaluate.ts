import { mkdir } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { createResampler } from '@naevus/shared/image/resampler';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { describeProblem } from '../data/load/data-error.ts';
import { digestSamples, loadDataset } from '../data/load/dataset.ts';
import { readSplit } from '../data/split/read-split.ts';
import { parseImageIds, selectImages } from '../evaluate/classifiers/image-selection.ts';
import { scoreSamples } from '../evaluate/classifiers/score-samples.ts';
import { describeMetrics, metricsReport } from '../evaluate/metrics/metrics-report.ts';
import { readText, writeJson } from '../files/json-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import { predictionsCsv } from '../reports/predictions-csv.ts';
import { currentVersionFolder, loadArtifactFolder } from '../versions/artifact-folder.ts';
import { loadKernels, MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand } from './frame/run-command.ts';

const HELP = `Scores a labelled folder with a version, with the same preprocessing and engine as the API.

npm run evaluate -- --data DIR --metadata CSV [--model VERSION_DIR] --out FILE.json

--data DIR         folder of images, subfolders included
--metadata CSV     file with the columns image_id and dx (default: the one in DIR)
--model DIR        folder of a version (default: the current one of model-artifacts)
--out FILE.json    the metrics; per-image scores go into FILE.csv beside it
--only FILE        score only these images: one image id per line
--split FILE       score only one side of a split.json
--side SIDE        which side: train or validation (default: validation)
--help             show this text
`;

await runCommand({
  help: HELP,
  options: {
    data: { type: 'string' },
    metadata: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
    split: { type: 'string' },
    side: { type: 'string' },
  },
  required: ['data', 'out'],
  async run(values) {
    const { data = '' } = values;
    if (!values.out?.endsWith('.json'))
      throw new Error(`--out ${values.out} does not end in .json`);
    const wanted = await readWanted(values);
    const out = resolve(values.out);
    await mkdir(dirname(out), { recursive: true });

    const folder = values.model
      ? resolve(values.model)
      : await currentVersionFolder(MODEL_ARTIFACTS);
    const { manifest, sha256, onnx } = await loadArtifactFolder(folder);
    console.log(`${manifest.name} ${manifest.version} (sha256 ${sha256})`);

    const dataset = await loadDataset({
      directory: data,
      metadata: values.metadata,
      mismatches: 'skip',
    });
    const problems = dataset.problems.map(describeProblem);
    for (const problem of problems) console.warn(`passed over: ${problem}`);
    const samples = wanted
      ? selectImages(dataset.samples, wanted.ids, wanted.origin)
      : dataset.samples;

    const { results, unreadable, engine } = await scoreSamples(
      { onnx, manifest },
      samples,
      imagePreparation(createResampler(await loadKernels()), manifest.preprocessing.crop),
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
      data: { name: basename(resolve(data)), sha256: digestSamples(samples), unreadable },
      prior: manifest.prior.probabilities,
      calibration: manifest.calibration,
      seed: 1,
    });
    const document = { modelSha256: sha256, passedOver: problems, ...report };
    await writeJson(out, document);
    const csv = out.replace(/\.json$/, '.csv');
    await replaceFile(csv, predictionsCsv(images));
    console.log(`\n${describeMetrics(report)}\n\nwrote ${out} and ${csv}`);
    return 0;
  },
});

async function readWanted(values: {
  readonly only?: string | undefined;
  readonly split?: string | undefined;
  readonly side?: string | undefined;
}): Promise<{ ids: readonly string[]; origin: string } | undefined> {
  if (values.only && values.split) throw new Error('give --only or --split, not both');
  if (values.side && !values.split) throw new Error('--side needs --split');
  if (values.only) {
    return { ids: parseImageIds(await readText(values.only)), origin: values.only };
  }
  if (!values.split) return undefined;
  const side = values.side ?? 'validation';
  if (side !== 'train' && side !== 'validation') {
    throw new Error(`--side ${side} is neither train nor validation`);
  }
  const split = await readSplit(values.split);
  return { ids: split[side], origin: `${values.split}, ${side}` };
}
