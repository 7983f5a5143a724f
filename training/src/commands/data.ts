import { resolve } from 'node:path';
import { createProgress } from '@naevus/shared/progress';
import { LABELS } from '@naevus/shared/taxonomy';
import { decodeRgb } from '../data/decode/decoded-images.ts';
import { fetchDataset, KAGGLE_DATASET } from '../data/download/fetch-dataset.ts';
import { countLabels } from '../data/load/count-labels.ts';
import { dataWarnings } from '../data/load/data-flags.ts';
import { type Dataset, loadDataset } from '../data/load/dataset.ts';
import { ham10000Differences } from '../data/load/ham10000.ts';
import { mapConcurrently } from '../data/map-concurrently.ts';

import { runCommand, UsageError } from './frame/run-command.ts';

const HELP = `Downloads the HAM10000 images and checks copies of them.

npm run data -- download [--out DIR] [--from URL|DIR|ZIP]
npm run data -- check DIR

download continues an interrupted download and checks the data before the folder gets its name. From Kaggle
(${KAGGLE_DATASET}) it needs an access token of the account: in KAGGLE_API_TOKEN or ~/.kaggle/access_token. (KAGGLE_USERNAME
and KAGGLE_KEY, or kaggle.json in ~/.kaggle, do as well.)
The archive is 5.2 GB, and is removed once it is unpacked; HAM10000 is CC BY-NC 4.0.

--out DIR         folder for the images (default: data/ham10000)
--from WHERE      source other than Kaggle: URL of a ZIP archive, an archive, or a folder
--archive-sha256  the SHA-256 that the archive must have
--keep-archive    keep the archive beside the folder
--digest HEX      require this digest of the data (default: the data must be HAM10000, in any encoding: its
                  images, labels and lesions)
--metadata CSV    for check: the CSV, if it is not in DIR
--decode          also decode every image
--help            show this text
`;

const ONLY_DOWNLOAD = ['out', 'from', 'archive-sha256', 'keep-archive'] as const;

await runCommand({
  help: HELP,
  options: {
    out: { type: 'string' },
    from: { type: 'string' },
    'archive-sha256': { type: 'string' },
    'keep-archive': { type: 'boolean' },
    digest: { type: 'string' },
    metadata: { type: 'string' },
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
    const { metadata, digest, decode } = values;
    if (command === 'check') {
      if (words.length !== 1) throw new UsageError('check takes one folder', HELP);
      const stray = ONLY_DOWNLOAD.find((name) => values[name] !== undefined);
      if (stray) throw new Error(`check takes no --${stray} (see --help)`);
      await check(words[0]!, { metadata, digest, decode });
      return 0;
    }
    if (command !== 'download')
      throw new UsageError('a command is needed: download or check', HELP);
    if (words.length > 0)
      throw new Error(`download takes no ${words[0]}: name the folder with --out`);
    if (metadata) throw new Error('download takes no --metadata (see --help)');
    const out = resolve(values.out ?? 'data/ham10000');
    await fetchDataset({
      out,
      from: values.from,
      archiveSha256: values['archive-sha256'],
      keepArchive: values['keep-archive'] ?? false,
      environment: process.env,
      log: console.log,
      warn: console.warn,
      check: (folder) => check(folder, { digest, decode }),
    });
    console.log(`the images are in ${out}`);
    return 0;
  },
});

/** @throws Error with everything that is wrong */
async function check(
  directory: string,
  options: {
    readonly metadata?: string | undefined;
    readonly digest?: string | undefined;
    readonly decode?: boolean | undefined;
  },
): Promise<void> {
  const { metadata, digest, decode } = options;
  const dataset = await loadDataset({ directory, metadata });
  for (const line of dataWarnings(dataset)) console.warn(line);
  const counts = countLabels(dataset.samples);
  console.log(
    `${dataset.samples.length} images (${LABELS.map((label) => `${label} ${counts[label]}`).join(', ')})`,
  );
  console.log(`data sha256 ${dataset.dataSha256}`);
  const faults =
    digest === undefined
      ? ham10000Differences(dataset)
      : digest === dataset.dataSha256
        ? []
        : [`the data's digest is ${dataset.dataSha256}, not ${digest}`];
  if (decode) faults.push(...(await decodingFaults(dataset)));
  if (faults.length > 0) {
    throw new Error([`${directory} is not what it should be:`, ...faults].join('\n  '));
  }
  console.log(digest === undefined ? 'these are the images of HAM10000' : 'the digest is right');
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
