import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { folderSource } from '@naevus/shared/model/folder-source';
import { describeProblem } from '../data/load/data-error.ts';
import { DATA_FLAGS, DATA_FLAGS_HELP, dataFolders, loadFolders } from '../data/load/data-flags.ts';
import { type Dataset, digestSamples, type Sample } from '../data/load/dataset.ts';
import { type OutsideImage, outsideImages } from '../data/load/outside-images.ts';
import { readSplit } from '../data/split/read-split.ts';
import type { Split } from '../data/split/split-schema.ts';
import { parseImageIds, selectImages } from '../evaluate/classifiers/image-selection.ts';
import { describeMetrics } from '../evaluate/metrics/metrics-report.ts';
import { countSeen, seenWarnings } from '../evaluate/metrics/seen-images.ts';
import { withReportThreads } from '../evaluate/report-threads.ts';
import { measureVersion } from '../evaluate/sources/measure-version.ts';
import { ownLesions } from '../evaluate/sources/own-lesions.ts';
import type { AnsweredImage } from '../evaluate/sources/source-figures.ts';
import { readText } from '../files/json-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import { reportJson } from '../files/report-json.ts';
import { isPredictionsCsv, predictionsCsv } from '../reports/predictions-csv.ts';
import {
  type ArtifactFolder,
  currentVersionFolder,
  loadArtifactFolder,
  versionFiles,
} from '../versions/artifact-folder.ts';
import { readVersionSplit, SPLIT_PATH } from '../versions/version-weights.ts';
import { loadKernels, MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand } from './frame/run-command.ts';

const HELP = `Scores labelled folders with a version, through the same preprocessing and engine as the API.

npm run evaluate -- --data DIR --metadata CSV [--model VERSION_DIR] --out FILE.json

${DATA_FLAGS_HELP}
--model DIR      folder of a version (default: the current one of model-artifacts)
--previous DIR   a version to measure beside it, by source
--out FILE.json  the metrics, by source where sources are known; per-image scores go into FILE.csv beside it
--only FILE      just these images: one image id a line
--split FILE     just one side of a split.json ...
--side SIDE      ... train or validation (default: validation)
--help           this text

Images of diseases that are none of the classes, and those taken without a dermatoscope, have no part in the metrics:
what they are answered is under "outside".
`;

/** Of the bootstrap. */
const SEED = 1;

await runCommand({
  help: HELP,
  options: {
    ...DATA_FLAGS,
    model: { type: 'string' },
    previous: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string' },
    split: { type: 'string' },
    side: { type: 'string' },
  },
  required: ['data', 'out'],
  async run(values) {
    if (!values.out?.endsWith('.json'))
      throw new Error(`--out ${values.out} does not end in .json`);
    const wanted = await readWanted(values);
    const out = resolve(values.out);
    const csv = out.replace(/\.json$/, '.csv');

    const folder = values.model
      ? resolve(values.model)
      : await currentVersionFolder(MODEL_ARTIFACTS);
    const version = await loadArtifactFolder(folder);
    const { manifest, sha256 } = version;
    console.log(`${manifest.name} ${manifest.version} (sha256 ${sha256})`);

    const folders = dataFolders(values);
    const dataset = await loadFolders(folders, console.warn, { mismatches: 'skip' });
    const previous = values.previous ? await loadArtifactFolder(values.previous) : undefined;
    await refuseOverwriting(
      [out, csv],
      [
        ...dataset.inputs,
        ...[values.only ?? [], values.split ?? [], values.source].flat(),
        ...[version, previous ?? []].flat().flatMap(versionFiles),
      ],
    );
    await requireOwnTable(csv, out);
    await mkdir(dirname(out), { recursive: true });
    const problems = dataset.problems.map(describeProblem);
    const { labelled, outside } = sortedImages(dataset);
    const samples = wanted ? selectImages(labelled, wanted.ids, wanted.origin) : labelled;

    const seen = countSeen(samples, await splitOf(version));
    const cautions = seenWarnings(seen, manifest.version, join(folder, SPLIT_PATH));
    for (const line of cautions) console.warn(line);

    const kernels = await loadKernels();
    const measured = await measureVersion(version, [...samples, ...outside], kernels);
    const { results, unreadable, engine } = measured;
    for (const { path, reason } of unreadable) console.warn(`unreadable: ${path}: ${reason}`);
    if (results.length === 0) {
      throw new Error(`none of the ${samples.length + outside.length} images can be read`);
    }
    const images = results.flatMap(({ image, scores, answer }) =>
      'label' in image ? [{ ...image, scores, answer }] : [],
    );
    const names = folders.map(({ directory }) => basename(resolve(directory)));
    const answered = images.flatMap(({ answer, ...image }) =>
      answer ? [{ ...image, answer }] : [],
    );
    const bySource = answered.length > 0 && dataset.sources.length > 0;
    const answeredByPrevious =
      bySource && previous ? await answeredBefore(previous, answered, kernels) : undefined;
    const others = results.flatMap(({ image, answer }) =>
      answer && 'modality' in image ? [{ ...image, answer }] : [],
    );
    const [report, sources, outsideFigures] = await withReportThreads((compute) =>
      Promise.all([
        images.length > 0
          ? compute('metricsReport', images, {
              model: { name: manifest.name, version: manifest.version },
              engine,
              data: { name: names.join(', '), sha256: digestSamples(samples), unreadable },
              prior: manifest.prior.probabilities,
              calibration: manifest.calibration,
              seed: SEED,
            })
          : undefined,
        bySource
          ? compute('sourceReport', {
              images: answered,
              ...(previous &&
                answeredByPrevious && {
                  previous: { version: previous.manifest.version, images: answeredByPrevious },
                  previousPrior: previous.manifest.prior.probabilities,
                }),
              sources: dataset.sources,
              home: manifest.sources?.[0]?.name ?? dataset.sources[0]!.name,
              own: ownLesions(labelled),
              prior: manifest.prior.probabilities,
              seed: SEED,
            })
          : undefined,
        others.length > 0 ? compute('outsideReport', others, SEED) : undefined,
      ]),
    );
    const document = {
      modelSha256: sha256,
      passedOver: problems,
      seen: { ...seen, cautions },
      ...report,
      ...(sources && { sources }),
      ...(outsideFigures && { outside: outsideFigures }),
    };
    await replaceFile(out, reportJson(document));
    await replaceFile(
      csv,
      predictionsCsv(results.map(({ image, scores }) => ({ imageId: image.imageId, scores }))),
    );
    if (report) console.log(`\n${describeMetrics(report)}`);
    for (const line of cautions) console.log(`\nNote: ${line}`);
    console.log(`\nwrote ${out} and ${csv}`);
    return 0;
  },
});

/** The split that a version was trained on; undefined for a version without one. */
async function splitOf({ folder, manifest }: ArtifactFolder): Promise<Split | undefined> {
  if (!manifest.files.some(({ path }) => path === SPLIT_PATH)) return undefined;
  return readVersionSplit(folderSource(folder), manifest);
}

/** @throws Error when the file beside `--out`, which nobody named, holds something else than scores */
async function requireOwnTable(csv: string, out: string): Promise<void> {
  const text = await readFile(csv, 'utf8').catch(() => undefined);
  if (text === undefined || isPredictionsCsv(text)) return;
  throw new Error(
    `--out ${out} also writes ${csv}, which is there and holds no scores of evaluate: choose another name`,
  );
}

/** The dermoscopic images of the classes, and all others. */
function sortedImages(dataset: Dataset): { labelled: Sample[]; outside: OutsideImage[] } {
  const dermoscopic = new Set(
    dataset.sources.flatMap(({ name, modality }) => (modality === 'dermoscopic' ? name : [])),
  );
  const isDermoscopic = ({ source }: { readonly source: string }) =>
    source === '' || dermoscopic.has(source);
  return {
    labelled: dataset.samples.filter(isDermoscopic),
    outside: outsideImages({
      ...dataset,
      samples: dataset.samples.filter((sample) => !isDermoscopic(sample)),
    }),
  };
}

async function answeredBefore(
  version: ArtifactFolder,
  images: readonly (Sample & AnsweredImage)[],
  kernels: WebAssembly.Module,
): Promise<AnsweredImage[]> {
  console.log(`answering the same images with ${version.manifest.version}`);
  const { results } = await measureVersion(version, images, kernels);
  return results.map(({ image, answer }) => {
    if (answer) return { ...image, answer };
    throw new Error(`${version.manifest.version} has no assessment: it cannot be measured beside`);
  });
}

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
