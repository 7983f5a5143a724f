import { join } from 'node:path';
import { besidePipeline, type Pipeline, startsOf } from '../run/config/pipeline.ts';
import { RUN_FILES } from '../run/run-record.ts';

/** A run of a pipeline as a call of `train`. */
export interface TrainingStep {
  readonly name: string;
  /** Where the run lies when it is finished. */
  readonly folder: string;
  readonly args: readonly string[];
}

/** Where a pipeline's material is, and where what it makes goes. */
export interface PipelinePlaces {
  /** The pipeline's own file: configurations and taxonomy are beside it. */
  readonly file: string;
  /** Folder with a folder of images for each source, by its name. */
  readonly data: string;
  /** Folder of the runs. */
  readonly out: string;
  /** Of the backbone; the public file where it is left out. */
  readonly weights?: string | undefined;
  /** A split.json whose validation images stay there. */
  readonly keepSplit?: string | undefined;
}

/** Where a pipeline's version goes, and what is measured of it. */
export interface VersionPlaces {
  readonly version: string;
  /** Folder of versions. */
  readonly artifacts: string;
  /** Folder for `evaluation.json` and `gate.md`. */
  readonly reports: string;
}

/**
 * The runs of a pipeline, in their order. Each keeps to the split of the one before it, so that what one validates on
 * no other has seen: as it is where their sources are the same, otherwise for the images of both.
 */
export function trainingSteps(
  { runs, taxonomy }: Pipeline,
  places: PipelinePlaces,
): TrainingStep[] {
  return runs.flatMap((run, i) => {
    // The split of members is of their own.
    const before = runs.slice(0, i).findLast(({ folds }) => !folds);
    const split = before && join(folderOf(before.name, places), RUN_FILES.split);
    const sameSources = before?.sources.length === run.sources.length;
    const teacher = runs.find(({ name }) => name === run.teacher);
    const step = (name: string, more: readonly string[]): TrainingStep => ({
      name,
      folder: folderOf(name, places),
      args: [
        ...dataArgs(run.sources, places),
        ...(run.preset ? ['--preset', run.preset] : []),
        ...(taxonomy ? ['--taxonomy', besidePipeline(taxonomy, places.file)] : []),
        ...(run.config ? ['--config', besidePipeline(run.config, places.file)] : []),
        ...['--seed', String(run.seed), '--out', folderOf(name, places), '--resume'],
        ...(places.weights ? ['--weights', places.weights] : []),
        ...(split ? [sameSources ? '--split' : '--keep-split', split] : []),
        ...(!split && places.keepSplit ? ['--keep-split', places.keepSplit] : []),
        ...startsOf(run).flatMap((start) => ['--continue', folderOf(start, places)]),
        ...(typeof run.continue === 'object' && startsOf(run).length > 1
          ? ['--continue-shares', Object.values(run.continue).join(',')]
          : []),
        ...(teacher ? memberNames(teacher) : []).flatMap((member) => [
          '--teacher-fold',
          folderOf(member, places),
        ]),
        ...more,
      ],
    });
    const { folds } = run;
    return folds
      ? memberNames(run).map((name, k) => step(name, ['--fold', `${k + 1}/${folds}`]))
      : [step(run.name, [])];
  });
}

/** Names, and folders, of the members of a run with folds. */
function memberNames({ name, folds = 0 }: Pipeline['runs'][number]): string[] {
  return Array.from({ length: folds }, (_, k) => `${name}/fold-${k + 1}`);
}

/** The call of `export` that makes the version out of the runs. */
export function exportArgs(
  { runs, average, crop, outside }: Pipeline,
  places: PipelinePlaces,
  { version, artifacts }: Pick<VersionPlaces, 'version' | 'artifacts'>,
): string[] {
  // The last one first: its split is of all sources.
  const averaged = runs.filter(({ name }) => name in average).toReversed();
  const [first, ...others] = averaged.map(({ name }) => folderOf(name, places));
  return [
    ...['--run', first!, '--version', version, '--crop', String(crop), '--artifacts', artifacts],
    ...others.flatMap((folder) => ['--average', folder]),
    ...(others.length > 0 ? ['--shares', averaged.map(({ name }) => average[name]).join(',')] : []),
    ...dataArgs(averaged[0]!.sources, places),
    ...outside.flatMap((source) => [
      '--outside',
      join(places.data, source),
      '--outside-source',
      source,
    ]),
  ];
}

/** The call of `evaluate` on the validation images that the version has kept. */
export function evaluateArgs(
  pipeline: Pipeline,
  places: PipelinePlaces,
  { version, artifacts, reports }: VersionPlaces,
): string[] {
  const model = join(artifacts, version);
  return [
    ...dataArgs(exportedSources(pipeline), places),
    ...['--model', model, '--split', join(model, 'reports/split.json')],
    ...['--out', join(reports, 'evaluation.json')],
  ];
}

/** The call of `gate` for the version. */
export function gateArgs(
  pipeline: Pipeline,
  places: PipelinePlaces,
  { version, artifacts, reports }: VersionPlaces,
): string[] {
  return [
    ...dataArgs(exportedSources(pipeline), places),
    ...['--candidate', join(artifacts, version), '--out', join(reports, 'gate.md'), '--record'],
  ];
}

/** Of the last run that is in the mean: the split is of all of them. */
function exportedSources({ runs, average }: Pipeline): readonly string[] {
  return runs.findLast(({ name }) => name in average)!.sources;
}

function folderOf(run: string, { out }: PipelinePlaces): string {
  return join(out, run);
}

function dataArgs(sources: readonly string[], { data }: PipelinePlaces): string[] {
  return sources.flatMap((source) => ['--data', join(data, source), '--source', source]);
}
