import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createProgress } from '@naevus/shared/progress';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { decodeRgb } from '../data/decode/decoded-images.ts';
import { fetchDataset, KAGGLE_DATASET } from '../data/download/fetch-dataset.ts';
import { planDownloads } from '../data/download/plan-downloads.ts';
import { countLabels } from '../data/load/count-labels.ts';
import { dataWarnings } from '../data/load/data-flags.ts';
import { type Dataset, loadDataset } from '../data/load/dataset.ts';
import { ham10000Differences } from '../data/load/ham10000.ts';
import { readSourceDefinition, type SourceDefinition } from '../data/load/source-definition.ts';
import { mapConcurrently } from '../data/map-concurrently.ts';
import { readSplit } from '../data/split/read-split.ts';
import { readJson } from '../files/json-file.ts';
import { besidePipeline, pipelineSchema } from '../run/config/pipeline.ts';
import { labels, taxonomy } from '../taxonomy/current.ts';
import { servedSplit } from '../versions/served-split.ts';
import { MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand, UsageError } from './frame/run-command.ts';
import { useTaxonomyFile } from './train/read-taxonomy-file.ts';

const HELP = `Downloads images to train on, and checks copies of them.

npm run data -- download [--source NAME | --pipeline FILE] [--out DIR] [--from URL|DIR|ZIP] [--only SPLIT]
npm run data -- check DIR [--source NAME | --pipeline FILE]

download continues where it was interrupted, and checks the data before a folder gets its name. It says the licence of
what it takes. Where the committed sources come from:

ham10000         Kaggle (${KAGGLE_DATASET}), which wants an access token of the account: in
                 KAGGLE_API_TOKEN or ~/.kaggle/access_token. (KAGGLE_USERNAME and KAGGLE_KEY, or kaggle.json in
                 ~/.kaggle, do as well.) The archive is 5.2 GB, and is removed once it is unpacked; CC BY-NC 4.0
isic2017, acral  the ISIC archive's public interface, image by image; no account
milk10k, close-ups, other-diagnoses  the files of the MILK10k challenge; no account
phone            Mendeley Data (PAD-UFES-20); no account

--source NAME     a committed source or a JSON file that describes one (default: ham10000)
--pipeline FILE   all sources of a pipeline, each in a folder of its own; those that are there are left as they are.
                  --digest is of the first then
--out DIR         folder for the images (default: data/NAME); with --pipeline, of the folders (default: data)
--from WHERE      another copy: URL of a ZIP archive, an archive, or a folder
--mirror WHERE    other copies: URL or folder that has NAME.zip for each source
--only SPLIT      a split.json, or served (that of the served version): take only the images that it names; ham10000
                  and what nothing is trained on come whole
--longest-side N  reduce larger images to N pixels on their longest side, as JPEG
--archive-sha256  the SHA-256 that the archive must have
--keep-archive    keep the archive beside the folder
--digest HEX      require this digest of the data (default for ham10000: the data must be HAM10000, in any encoding:
                  its images, labels and lesions)
--metadata CSV    for check: the CSV, if it is not in DIR
--taxonomy FILE   for check: JSON that describes the classes, as for train (default: HAM10000's)
--decode          also decode every image
--help            show this text
`;

const ONLY_DOWNLOAD = [
  'out',
  'from',
  'mirror',
  'only',
  'longest-side',
  'archive-sha256',
  'keep-archive',
] as const;
/** Smaller than what the network is shown would be a loss. */
const LEAST_SIDE = 224;

await runCommand({
  help: HELP,
  options: {
    source: { type: 'string', default: 'ham10000' },
    pipeline: { type: 'string' },
    out: { type: 'string' },
    from: { type: 'string' },
    mirror: { type: 'string' },
    only: { type: 'string' },
    'longest-side': { type: 'string' },
    'archive-sha256': { type: 'string' },
    'keep-archive': { type: 'boolean' },
    digest: { type: 'string' },
    metadata: { type: 'string' },
    taxonomy: { type: 'string' },
    decode: { type: 'boolean' },
  },
  words: true,
  async run(values, positionals) {
    const [command, ...words] = positionals;
    for (const name of ['digest', 'archive-sha256'] as const) {
      const value = values[name];
      if (value !== undefined && !/^[0-9a-f]{64}$/.test(value)) {
        throw new Error(`--${name} ${value} is not a sha256 in lower-case hex`);
      }
    }
    const { metadata, digest, decode, pipeline: pipelineFile, from, mirror } = values;
    const pipeline = pipelineFile ? await readJson(pipelineFile, pipelineSchema) : undefined;
    await useTaxonomyFile(
      values.taxonomy ?? (pipeline?.taxonomy && besidePipeline(pipeline.taxonomy, pipelineFile!)),
    );
    const names = pipeline
      ? [...pipeline.runs.at(-1)!.sources, ...pipeline.outside]
      : [values.source];
    if (command === 'check') {
      if (words.length !== 1) throw new UsageError('check takes one folder', HELP);
      const stray = ONLY_DOWNLOAD.find((name) => values[name] !== undefined);
      if (stray) throw new Error(`check takes no --${stray} (see --help)`);
      if (pipeline && metadata)
        throw new Error('--metadata is of one folder: leave out --pipeline');
      for (const [i, name] of names.entries()) {
        const directory = pipeline ? join(words[0]!, name) : words[0]!;
        const own = i === 0 ? digest : undefined;
        await check(directory, await readSourceDefinition(name), { metadata, digest: own, decode });
      }
      return 0;
    }
    if (command !== 'download')
      throw new UsageError('a command is needed: download or check', HELP);
    if (words.length > 0)
      throw new Error(`download takes no ${words[0]}: name the folder with --out`);
    if (metadata) throw new Error('download takes no --metadata (see --help)');
    if (from && (mirror || pipelineFile)) {
      throw new Error('--from is for one source: with --mirror or --pipeline leave it out');
    }
    if (pipeline && values['archive-sha256']) {
      throw new Error('--archive-sha256 is for one source: leave out --pipeline');
    }
    const longestSide = readLongestSide(values['longest-side']);
    const onlyFile = values.only === 'served' ? await servedSplit(MODEL_ARTIFACTS) : values.only;
    if (values.only && !onlyFile) console.log('no version is served: all images are taken');
    const split = onlyFile ? await readSplit(onlyFile) : undefined;
    const only = split && new Set([...split.train, ...split.validation]);
    const plan = planDownloads({
      sources: await Promise.all(names.map(readSourceDefinition)),
      several: pipeline !== undefined,
      out: values.out,
      from,
      mirror,
      keepArchive: values['keep-archive'] ?? false,
    });
    for (const { source, out, ...rest } of plan) {
      if (pipeline && (await stat(out).catch(() => undefined))) {
        console.log(`${out} is there`);
        continue;
      }
      await fetchDataset({
        ...rest,
        source,
        out,
        only: pipeline?.outside.includes(source.name) ? undefined : only,
        longestSide,
        archiveSha256: values['archive-sha256'],
        environment: process.env,
        log: console.log,
        warn: console.warn,
        check: (folder) =>
          check(folder, source, { digest: source.name === names[0] ? digest : undefined, decode }),
      });
      console.log(`the images are in ${out}`);
    }
    return 0;
  },
});

function readLongestSide(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const side = Number(text);
  if (Number.isInteger(side) && side >= LEAST_SIDE) return side;
  throw new Error(`--longest-side ${text} is not a whole number from ${LEAST_SIDE} on`);
}

/** @throws Error with everything that is wrong */
async function check(
  directory: string,
  source: SourceDefinition,
  options: {
    readonly metadata?: string | undefined;
    readonly digest?: string | undefined;
    readonly decode?: boolean | undefined;
  },
): Promise<void> {
  const { metadata, digest, decode } = options;
  const dataset = await loadDataset({ directory, metadata, source });
  for (const line of dataWarnings(dataset)) console.warn(line);
  const counts = countLabels(dataset.samples);
  console.log(
    `${dataset.samples.length} images (${labels()
      .map((label) => `${label} ${counts[label]}`)
      .join(', ')})`,
  );
  if (dataset.others.length > 0) {
    console.log(`${dataset.others.length} images of no class, which nothing is trained on`);
  }
  console.log(`data sha256 ${dataset.dataSha256}`);
  const isHome = source.name === 'ham10000' && taxonomy().name === HAM10000.name;
  const faults =
    digest === undefined
      ? isHome
        ? ham10000Differences(dataset)
        : []
      : digest === dataset.dataSha256
        ? []
        : [`the data's digest is ${dataset.dataSha256}, not ${digest}`];
  if (decode) faults.push(...(await decodingFaults(dataset)));
  if (faults.length > 0) {
    throw new Error([`${directory} is not what it should be:`, ...faults].join('\n  '));
  }
  if (digest !== undefined) console.log('the digest is right');
  else if (isHome) console.log('these are the images of HAM10000');
}

async function decodingFaults({ samples }: Dataset): Promise<string[]> {
  const progress = createProgress('decoding', samples.length);
  const faults: string[] = [];
  await mapConcurrently(samples, 4, async ({ path }) => {
    await decodeRgb(path).catch((error: Error) => faults.push(`${path}: ${error.message}`));
    progress.advance(1);
  });
  progress.done();
  return faults;
}
