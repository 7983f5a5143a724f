import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSplit, type SplitSource } from '../data/cache/load-split.ts';
import { digest } from '../data/json-digest.ts';
import { countLesions } from '../data/load/count-lesions.ts';
import type { ShouldStop } from '../data/run-stopped.ts';
import type { Fold } from '../data/split/fold-split.ts';
import type { Split } from '../data/split/split-schema.ts';
import { jsonText } from '../files/json-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { Architecture } from '../network/architecture.ts';
import type { Parameters } from '../network/parameters.ts';
import { renderSvg } from '../reports/charts/render-svg.ts';
import { classShares, countStrata } from '../run/class-prior.ts';
import { classCount } from '../taxonomy/current.ts';
import { type Budget, cacheSize, STATISTICS_IMAGES } from './budgets.ts';
import { compareTechniques } from './comparison.ts';
import { comparisonChart } from './comparison-chart.ts';
import { comparisonMarkdown } from './comparison-markdown.ts';
import { comparisonParts } from './comparison-parts.ts';
import { trainFoldMembers } from './fold-members.ts';
import { frozenFeatures } from './frozen-features.ts';
import { once } from './once.ts';
import { readTechniqueRun, type TechniqueRun, writeTechniqueRun } from './technique-run.ts';
import { PLAIN, TEACHER_FOLDS, type Technique } from './techniques.ts';
import { type TechniqueScores, trainTechnique } from './train-technique.ts';

export interface AblationOptions extends SplitSource {
  readonly architecture: Architecture;
  readonly initialWeights: { readonly parameters: Parameters; readonly description: string };
  readonly budget: Budget;
  /** Plain cross-entropy among them, or run before into the same folder. */
  readonly techniques: readonly Technique[];
  readonly seeds: readonly number[];
  /** The split of a member of cross-fitted distillation: it validates on its fold of the training images. */
  readonly foldOf: (fold: Fold) => Promise<Split>;
  /** Techniques' runs, and the comparison of those that there are. */
  readonly out: string;
  readonly augmentationWorker: URL;
  readonly shouldStop: ShouldStop;
  readonly log: (line: string) => void;
}

/**
 * Trains each technique within the same budget on the same split, except those that the folder has already, and
 * compares them all: JSON, Markdown and a picture named after the budget.
 *
 * @throws RunStopped when it was asked to stop; whole techniques are kept.
 */
export async function runAblation(options: AblationOptions): Promise<string> {
  const { budget, techniques, seeds, out, split, log, dataset } = options;
  const images = loadSplit(options, options.shouldStop);
  const features = await frozenFeatures({
    architecture: options.architecture,
    initialWeights: options.initialWeights,
    dataSha256: dataset.dataSha256,
    images,
    size: budget.size,
    statisticsImages: STATISTICS_IMAGES,
    seed: split.seed,
    cacheDirectory: options.cacheDirectory,
  });
  const ablationImages = {
    training: once(() => images.decode('train', cacheSize(budget))),
    validation: (crop: number) => images.decode('validation', budget.size, crop),
    served: () => images.decode('train', budget.size),
  };
  const identify = (of: object) =>
    digest({
      data: dataset.dataSha256,
      weights: options.initialWeights.description,
      train: split.train,
      validation: split.validation,
      budget,
      ...of,
    });
  const teacherOf = async (seed: number) => {
    const folder = `members-${identify({ seed }).slice(0, 12)}`;
    const members = {
      ...options,
      features,
      images: ablationImages,
      splitOf: (number: number) => options.foldOf({ number, of: TEACHER_FOLDS }),
      out: join(out, budget.name, folder),
    };
    return trainFoldMembers(members, seed);
  };
  const runs: TechniqueRun[] = [];
  for (const group of byNetwork(techniques)) {
    const [technique] = group;
    const { settings, tuning } = technique;
    const files = group.map(({ name, crop = 1 }) => ({
      file: join(out, budget.name, `${name}.json`),
      identity: identify({ settings, tuning, crop, seeds }),
    }));
    const kept: TechniqueRun[] = [];
    for (const { file, identity } of files) {
      const run = await readTechniqueRun(file, identity);
      if (run) kept.push(run);
    }
    if (kept.length === group.length) {
      runs.push(...kept);
      continue;
    }
    log(`${technique.title} (${techniques.indexOf(technique) + 1} of ${techniques.length})`);
    const crops = group.map(({ crop = 1 }) => crop);
    const trained: TechniqueScores[] = [];
    for (const seed of seeds) {
      const teacher = tuning?.distillation ? await teacherOf(seed) : undefined;
      const training = { ...options, features, images: ablationImages, crops };
      trained.push(
        await trainTechnique({ ...training, ...(teacher && { teacher }) }, technique, seed),
      );
      await teacher?.close();
    }
    for (const [shown, { name }] of group.entries()) {
      const run: TechniqueRun = {
        technique: name,
        digest: files[shown]!.identity,
        assumedPrior: trained[0]!.assumedPrior,
        seeds: seeds.map((seed, i) => ({ seed, logits: [...trained[i]!.logits[shown]!] })),
      };
      await writeTechniqueRun(files[shown]!.file, run);
      runs.push(run);
    }
  }

  log(`comparing ${runs.length} techniques`);
  const { validation } = images;
  const trainingPrior = classShares(
    countStrata(features.training.strata, classCount(), features.training.sources)[0]!,
  );
  const lesions = validation.map(({ lesionId }) => lesionId);
  const parts = comparisonParts(runs, features.validation.strata, lesions, images.sources).map(
    (part) => ({
      name: part.name,
      validation: part.lesions.length,
      lesions: countLesions(part.lesions.map((lesionId) => ({ lesionId }))),
      compared: compareTechniques(part.runs, part, {
        trainingPrior,
        baseline: PLAIN,
        seed: split.seed,
      }),
    }),
  );
  const [all, ...bySource] = parts;
  const trainingImages = features.training.strata.length;
  const markdown = comparisonMarkdown(parts, budget, trainingImages);
  await mkdir(out, { recursive: true });
  const write = (name: string, content: string) => replaceFile(join(out, name), content);
  const { name, title, description } = budget;
  const document = {
    budget: { name, title, description },
    seeds,
    trainingImages,
    validation: all!.validation,
    lesions: all!.lesions,
    compared: all!.compared,
    ...(bySource.length > 0 && { bySource }),
  };
  await write(`${budget.name}.json`, jsonText(document));
  await write(`${budget.name}.svg`, await renderSvg(comparisonChart(parts, budget)));
  await write(`${budget.name}.md`, markdown);
  return markdown;
}

/** The techniques, those together that are scored by one network: the baseline's. */
function byNetwork(techniques: readonly Technique[]): [Technique, ...Technique[]][] {
  const cropped = techniques.filter(({ crop }) => crop !== undefined);
  return techniques
    .filter(({ crop }) => crop === undefined)
    .map((technique) => [technique, ...(technique.name === PLAIN ? cropped : [])]);
}
