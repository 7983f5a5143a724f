import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { refuseOverwriting } from '@naevus/shared/files/refuse-overwriting';
import { createResampler } from '@naevus/shared/image/resampler';
import { folderSource } from '@naevus/shared/model/folder-source';
import { readCurrentVersion } from '@naevus/shared/model/load-manifest';
import { compareVersions } from '@naevus/shared/model/version';
import { imagePreparation } from '../data/decode/prepare-image.ts';
import { DATA_FLAGS, dataFolders, loadFolders } from '../data/load/data-flags.ts';
import type { Dataset } from '../data/load/dataset.ts';
import { pickSamples } from '../data/split/pick-samples.ts';
import { selectImages } from '../evaluate/classifiers/image-selection.ts';
import { scoreSamples } from '../evaluate/classifiers/score-samples.ts';
import { comparableImages, type GateImage, type GateModel } from '../evaluate/gate/gate-images.ts';
import { type GatePolicy, gatePolicySchema } from '../evaluate/gate/gate-policy.ts';
import { judgeCandidate } from '../evaluate/gate/judge-candidate.ts';
import { readScores, type ScoreTable, scoreTableOf } from '../evaluate/gate/read-scores.ts';
import { recordVerdict } from '../evaluate/gate/record-verdict.ts';
import { requireOtherModel } from '../evaluate/gate/require-other-model.ts';
import { readJson } from '../files/json-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import { reportJson } from '../files/report-json.ts';
import { describeCheck, gateMarkdown } from '../reports/gate-markdown.ts';
import {
  type ArtifactFolder,
  loadArtifactFolder,
  versionFiles,
} from '../versions/artifact-folder.ts';
import { listVersions } from '../versions/artifact-store.ts';
import { readVersionSplit } from '../versions/version-weights.ts';
import { loadKernels, MODEL_ARTIFACTS } from './frame/places.ts';
import { runCommand } from './frame/run-command.ts';

const HELP = `Decides whether a candidate may take the place of the current model.

npm run gate -- --candidate DIR --data DIR [--current DIR] [--out FILE.md] [--record]

Both are scored on the validation images of the split that they share, and compared by a paired bootstrap over
lesions: refused when the candidate is worse in balanced accuracy, critical (melanoma) sensitivity or calibration by more than
chance explains, or loses too much in a subgroup. A first model must reach minimum values (floors).

--candidate DIR           folder of the version to judge
--current DIR             folder of the version to compare with, or none (default: the current one in
                          model-artifacts; none without a current.json)
--data, --metadata, --source  the images that the candidate was trained on, as for train
--candidate-scores FILE   JSON that evaluate wrote for the candidate, with its CSV beside it; the images are
                          not scored again
--current-scores FILE     the same for the current version
--policy FILE             JSON that changes margins and floors
--out FILE.md             the report; the same as JSON beside it (default: gate.md)
--override REASON         pass even if refused; the reason is kept in the manifest
--record                  write the report and the verdict into the candidate, unless it is refused
--help                    show this text

Exit status: 0 passed, 2 refused, 1 not judged.
`;

const REFUSED = 2;

await runCommand({
  help: HELP,
  options: {
    candidate: { type: 'string' },
    current: { type: 'string' },
    ...DATA_FLAGS,
    'candidate-scores': { type: 'string' },
    'current-scores': { type: 'string' },
    policy: { type: 'string' },
    out: { type: 'string', default: 'gate.md' },
    override: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
  required: ['candidate', 'data'],
  async run(values) {
    const { candidate: candidateFolder = '' } = values;
    if (!values.out.endsWith('.md')) throw new Error(`--out ${values.out} does not end in .md`);
    if (values.override?.trim() === '') throw new Error('--override needs a reason');
    const policy = await readPolicy(values.policy);

    const candidate = await readModel(resolve(candidateFolder));
    const currentFolder = await findCurrent(values.current);
    const current = currentFolder === undefined ? undefined : await readModel(currentFolder);
    if (current) requireOtherModel(candidate, current, await versionBefore(candidate, current));
    if (values['current-scores'] && !current) throw new Error('--current-scores needs --current');
    if (current && !values['candidate-scores'] !== !values['current-scores']) {
      throw new Error('give the scores of both versions, or of none');
    }
    const wanted = comparableImages(candidate, current);

    const dataset = await loadFolders(dataFolders(values), console.warn);
    if (dataset.dataSha256 !== candidate.split.data_sha256) {
      throw new Error(
        `${values.data.join(' and ')} is not what the candidate was trained on: its digest is ${dataset.dataSha256}, not ${candidate.split.data_sha256}`,
      );
    }
    const out = resolve(values.out);
    const json = out.replace(/\.md$/, '.json');
    const scoreFiles = [values['candidate-scores'] ?? [], values['current-scores'] ?? []].flat();
    await refuseOverwriting(
      [out, json],
      [
        ...dataset.inputs,
        ...(values.policy ? [values.policy] : []),
        ...scoreFiles.flatMap((file) => [file, scoreTableOf(file)]),
        ...[candidate, current ?? []].flat().flatMap(versionFiles),
      ],
    );
    const scores = values['candidate-scores']
      ? await readBoth(values['candidate-scores'], candidate, values['current-scores'], current)
      : await scoreBoth(dataset, wanted, candidate, current);
    const report = judgeCandidate({
      candidate,
      current,
      images: joinScores(dataset, wanted, scores),
      policy,
      overrideReason: values.override,
    });

    const markdown = gateMarkdown(report);
    await mkdir(dirname(out), { recursive: true });
    await replaceFile(out, markdown);
    await replaceFile(json, reportJson(report));
    if (process.env.GITHUB_STEP_SUMMARY)
      await appendFile(process.env.GITHUB_STEP_SUMMARY, markdown);
    if (values.record && report.verdict !== 'refused')
      await recordVerdict(candidate.folder, report, markdown);

    for (const check of [...report.checks, ...report.floors]) {
      if (check.verdict !== 'passed') console.log(`${check.verdict}: ${describeCheck(check)}`);
    }
    console.log(`${report.candidate.version}: ${report.verdict}; the report is ${out}`);
    return report.verdict === 'refused' ? REFUSED : 0;
  },
});

async function readPolicy(file: string | undefined): Promise<GatePolicy> {
  return file === undefined ? gatePolicySchema.parse({}) : readJson(file, gatePolicySchema);
}

async function findCurrent(given: string | undefined): Promise<string | undefined> {
  if (given !== undefined) return given === 'none' ? undefined : resolve(given);
  const version = await readCurrentVersion(folderSource(MODEL_ARTIFACTS));
  return version === undefined ? undefined : join(MODEL_ARTIFACTS, version);
}

/** Folder of the newest bundled version that is older than the candidate, and not the current one. */
async function versionBefore(candidate: Model, current: Model): Promise<string | undefined> {
  const { version } = candidate.manifest;
  const older = (await listVersions(MODEL_ARTIFACTS)).filter(
    (one) => compareVersions(one, version) < 0 && one !== current.manifest.version,
  );
  const last = older.at(-1);
  return last && join(MODEL_ARTIFACTS, last);
}

type Model = GateModel & ArtifactFolder;

async function readModel(folder: string): Promise<Model> {
  const artifact = await loadArtifactFolder(folder);
  return { ...artifact, split: await readVersionSplit(folderSource(folder), artifact.manifest) };
}

interface BothScores {
  readonly candidate: ScoreTable;
  readonly current: ScoreTable | undefined;
}

async function readBoth(
  candidateFile: string,
  candidate: Model,
  currentFile: string | undefined,
  current: Model | undefined,
): Promise<BothScores> {
  const ours = await readScores(candidateFile, candidate.sha256);
  if (!current || !currentFile) return { candidate: ours.scores, current: undefined };
  const theirs = await readScores(currentFile, current.sha256);
  if (ours.dataSha256 !== theirs.dataSha256) {
    throw new Error(`${candidateFile} and ${currentFile} are of different images`);
  }
  return { candidate: ours.scores, current: theirs.scores };
}

async function scoreBoth(
  dataset: Dataset,
  wanted: readonly string[],
  candidate: Model,
  current: Model | undefined,
): Promise<BothScores> {
  const samples = selectImages(dataset.samples, wanted, "the candidate's split.json");
  const resampler = createResampler(await loadKernels());
  const score = async (model: Model): Promise<ScoreTable> => {
    console.log(`scoring ${samples.length} images with ${model.manifest.version}`);
    const prepare = imagePreparation(resampler, model.manifest.preprocessing.crop);
    const { results, unreadable } = await scoreSamples(model, samples, prepare);
    const [first] = unreadable;
    if (first) throw new Error(`${first.path} cannot be read: ${first.reason}`);
    return new Map(results.map(({ sample, scores }) => [sample.imageId, scores]));
  };
  return { candidate: await score(candidate), current: current && (await score(current)) };
}

function joinScores(
  { samples }: Dataset,
  wanted: readonly string[],
  { candidate, current }: BothScores,
): GateImage[] {
  const scoresOf = (table: ScoreTable, imageId: string) => {
    const found = table.get(imageId);
    if (!found) throw new Error(`there are no scores for ${imageId}: evaluate with the split`);
    return found;
  };
  return pickSamples(samples, wanted, "the candidate's split").map((sample) => {
    const { imageId, label, lesionId, metadata } = sample;
    const ours = scoresOf(candidate, imageId);
    const image = { imageId, label, lesionId, metadata, candidate: ours };
    return current ? { ...image, current: scoresOf(current, imageId) } : image;
  });
}
