import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createResampler } from '@naevus/shared/image/resampler';
import { cropSchema, LEAST_CROP } from '@naevus/shared/model/manifest';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { DATA_FLAGS, type DataFolder, dataFolders, loadFolders } from '../data/load/data-flags.ts';
import { type OutsideImage, outsideImages } from '../data/load/outside-images.ts';
import { requireMeasuredClasses } from '../data/split/require-every-class.ts';
import { describeMetrics } from '../evaluate/metrics/metrics-report.ts';
import { averageRun, evenShares } from '../release/average-run.ts';
import { exportRun } from '../release/export-run.ts';
import { type FinishedRun, readFinishedRun } from '../run/finished-run.ts';
import { isScorePrior, SCORE_PRIORS } from '../run/score-prior.ts';
import { loadArtifactFolder } from '../versions/artifact-folder.ts';
import { checkNewVersion, setCurrentVersion, writeVersion } from '../versions/artifact-store.ts';
import { readVersionWeights } from '../versions/version-weights.ts';
import { loadKernels, MODEL_ARTIFACTS, NON_LESIONS } from './frame/places.ts';
import { readShares } from './frame/read-shares.ts';
import { runCommand } from './frame/run-command.ts';

const HELP = `Converts a finished run into a version that can be served, after checking that the engines agree.

npm run export -- --run RUN --version X.Y.Z [--average DIR [--version-share S]] [--data DIR] [--no-current]

--run RUN        folder of a finished run
--version X.Y.Z  version to write; one that exists is never overwritten
--average DIR    another finished run, or a version, with the same start and split; can be repeated. The mean of all
                 weights is exported
--version-share S  share of all versions together in that mean, above 0 and below 1; the runs share the rest
                 (default: as much as each run)
--shares A,B,...  share of the run and of each --average, in their order; they sum to 1
--data, --metadata, --source  the images the run was trained on, as for train (default: where they were then)
--outside DIR    images that nothing is trained on and that the version is measured with, and fitted to refuse where
                 they were taken without a dermatoscope; given once or more ...
--outside-source NAME  ... and where each is from, as for --source
--previous DIR   a version to measure beside this one, by source
--artifacts DIR  where the version is written (default: model-artifacts)
--score-prior P  class distribution that the scores assume: ${SCORE_PRIORS.join(' or ')} (default: training)
--crop SHARE     share of each side of an image that the network is shown, in its middle: ${LEAST_CROP} to 1
                 (default: the run's own)
--no-current     do not make it the served version
--help           show this text
`;

await runCommand({
  help: HELP,
  options: {
    run: { type: 'string' },
    version: { type: 'string' },
    average: { type: 'string', multiple: true, default: [] },
    'version-share': { type: 'string' },
    shares: { type: 'string' },
    ...DATA_FLAGS,
    outside: { type: 'string', multiple: true, default: [] },
    'outside-source': { type: 'string', multiple: true, default: [] },
    previous: { type: 'string' },
    artifacts: { type: 'string' },
    'score-prior': { type: 'string', default: 'training' },
    crop: { type: 'string' },
    'no-current': { type: 'boolean', default: false },
  },
  required: ['run', 'version'],
  async run(values) {
    const { run: folder = '', version = '', 'score-prior': scorePrior } = values;
    if (!isScorePrior(scorePrior)) {
      throw new Error(`--score-prior ${scorePrior} is not one of ${SCORE_PRIORS.join(', ')}`);
    }
    const store = resolve(values.artifacts ?? MODEL_ARTIFACTS);
    await checkNewVersion(store, version);
    const trained = withCrop(await readFinishedRun(folder), values.crop);
    const run =
      values.average.length > 0 ? await averageWith(trained, values.average, values) : trained;
    requireMeasuredClasses(run.split);
    const dataset = await loadFolders(
      values.data.length > 0 ? dataFolders(values) : recordedFolders(run, folder),
      console.warn,
    );

    const outside = await loadOutside(values.outside, values['outside-source']);
    const previous = values.previous ? await loadArtifactFolder(values.previous) : undefined;

    const kernels = await loadKernels();
    const { files, metrics } = await exportRun({
      run,
      dataset,
      outside,
      ...(previous && { previous }),
      version,
      scorePrior,
      nonLesions: NON_LESIONS,
      prepare: imagePreparation(createResampler(kernels), run.record.crop),
      kernels,
      log: console.log,
    });
    const written = await writeVersion(store, version, files);
    if (!values['no-current']) await setCurrentVersion(store, version);

    const megabytes = [...files.values()].reduce((sum, { length }) => sum + length, 0) / 1e6;
    console.log(`\n${describeMetrics(metrics)}\n`);
    console.log(`wrote ${written}: ${files.size} files, ${megabytes.toFixed(1)} MB`);
    console.log(
      values['no-current'] ? 'current.json is unchanged' : `current.json now names ${version}`,
    );
    return 0;
  },
});

function readShare(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = Number(text);
  if (!(share > 0 && share < 1)) {
    throw new Error(`--version-share ${text} is not a share above 0 and below 1`);
  }
  return share;
}

/** @throws Error where a folder lacks its source */
async function loadOutside(
  directories: readonly string[],
  sources: readonly string[],
): Promise<OutsideImage[]> {
  if (directories.length === 0) return [];
  if (sources.length !== directories.length) {
    throw new Error(
      `there are ${directories.length} --outside and ${sources.length} --outside-source: give one for each, in their order`,
    );
  }
  const dataset = await loadFolders(
    dataFolders({ data: directories, metadata: [], source: sources }),
    console.warn,
  );
  return outsideImages(dataset);
}

function recordedFolders({ record }: FinishedRun, folder: string): [DataFolder, ...DataFolder[]] {
  const [first, ...rest] = record.dataFolders ?? (record.dataSource ? [record.dataSource] : []);
  if (first) return [first, ...rest];
  throw new Error(`${folder} does not say where its images are: name them with --data DIR`);
}

/** The run, shown another share of each image. */
function withCrop(run: FinishedRun, text: string | undefined): FinishedRun {
  if (text === undefined) return run;
  const crop = cropSchema.safeParse(Number(text));
  if (!crop.success) throw new Error(`--crop ${text} is not a share from ${LEAST_CROP} to 1`);
  return { ...run, record: { ...run.record, crop: crop.data } };
}

/** The mean of the run and the others that `--average` names. */
async function averageWith(
  run: FinishedRun,
  folders: readonly string[],
  { shares: text, 'version-share': versionShare }: { shares?: string; 'version-share'?: string },
): Promise<FinishedRun> {
  const isVersion = await Promise.all(
    folders.map((folder) =>
      stat(join(folder, 'manifest.json')).then(
        () => true,
        () => false,
      ),
    ),
  );
  const ofKind = <T>(values: readonly T[], kind: boolean) =>
    values.filter((_, i) => isVersion[i] === kind);
  const named = async (folder: string) => ({
    ...(await readFinishedRun(folder)),
    name: `run ${basename(resolve(folder))}`,
  });
  const others = {
    runs: await Promise.all(ofKind(folders, false).map(named)),
    versions: await Promise.all(ofKind(folders, true).map(readVersionWeights)),
  };
  if (text === undefined)
    return averageRun(run, others, evenShares(others, readShare(versionShare)));
  if (versionShare !== undefined) throw new Error('give --shares or --version-share, not both');
  const [own, ...rest] = readShares(
    'shares',
    text,
    folders.length + 1,
    'for the run and each --average',
  );
  return averageRun(run, others, {
    run: own!,
    runs: ofKind(rest, false),
    versions: ofKind(rest, true),
  });
}
