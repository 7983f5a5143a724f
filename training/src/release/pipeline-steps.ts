import { dirname, join, resolve } from 'node:path';
import type { Pipeline } from '../run/config/pipeline.ts';
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
  /** The pipeline's own file: configurations lie beside it. */
  readonly file: string;
  /** Folder with a folder of images for each source, by its name. */
  readonly data: string;
  /** Folder of the runs. */
  readonly out: string;
  /** Of the backbone; the public file where it is left out. */
  readonly weights?: string | undefined;
}

/**
 * The runs of a pipeline, in their order. Each keeps to the split of the one before it, so that what one validates on
 * no other has seen: as it is where their sources are the same, otherwise for the images of both.
 */
export function trainingSteps({ runs }: Pipeline, places: PipelinePlaces): TrainingStep[] {
  return runs.map((run, i) => {
    const before = runs[i - 1];
    const split = before && join(folderOf(before.name, places), RUN_FILES.split);
    const sameSources = before?.sources.length === run.sources.length;
    const folder = folderOf(run.name, places);
    return {
      name: run.name,
      folder,
      args: [
        ...dataArgs(run.sources, places),
        ...(run.preset ? ['--preset', run.preset] : []),
        ...(run.config ? ['--config', resolve(dirname(places.file), run.config)] : []),
        ...['--seed', String(run.seed), '--out', folder, '--resume'],
        ...(places.weights ? ['--weights', places.weights] : []),
        ...(split ? [sameSources ? '--split' : '--keep-split', split] : []),
        ...(run.continue ? ['--continue', folderOf(run.continue, places)] : []),
      ],
    };
  });
}

/** The call of `export` that makes the version out of the runs. */
export function exportArgs(
  { runs, average, crop, outside }: Pipeline,
  version: string,
  places: PipelinePlaces,
): string[] {
  // The last one first: its split is of all sources.
  const averaged = runs.filter(({ name }) => name in average).toReversed();
  const [first, ...others] = averaged.map(({ name }) => folderOf(name, places));
  return [
    ...['--run', first!, '--version', version, '--crop', String(crop)],
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

function folderOf(run: string, { out }: PipelinePlaces): string {
  return join(out, run);
}

function dataArgs(sources: readonly string[], { data }: PipelinePlaces): string[] {
  return sources.flatMap((source) => ['--data', join(data, source), '--source', source]);
}
