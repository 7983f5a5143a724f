import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSplit, type SplitSource } from '../data/cache/load-split.ts';
import { digest } from '../data/json-digest.ts';
import { countLesions } from '../data/load/count-lesions.ts';
import type { ShouldStop } from '../data/run-stopped.ts';
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
import { frozenFeatures } from './frozen-features.ts';
import { readTechniqueRun, type TechniqueRun, writeTechniqueRun } from './technique-run.ts';
import { PLAIN, type Technique } from './techniques.ts';
import { trainTechnique } from './train-technique.ts';

/** What a table's title says of its images. */
const TITLES = {
  all: '',
  home: ', images of the home source',
  abroad: ', images of the other sources',
} as const;

export interface AblationOptions extends SplitSource {
  readonly architecture: Architecture;
  readonly initialWeights: { readonly parameters: Parameters; readonly description: string };
  readonly budget: Budget;
  /** Plain cross-entropy among them, or run before into the same folder. */
  readonly techniques: readonly Technique[];
  readonly seeds: readonly number[];
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
  const runs: TechniqueRun[] = [];
  for (const [position, technique] of techniques.entries()) {
    const identity = digest({
      data: dataset.dataSha256,
      weights: options.initialWeights.description,
      validation: split.validation,
      budget,
      settings: technique.settings,
      seeds,
    });
    const file = join(out, budget.name, `${technique.name}.json`);
    const kept = await readTechniqueRun(file, identity);
    if (kept) {
      runs.push(kept);
      continue;
    }
    log(`${technique.title} (${position + 1} of ${techniques.length})`);
    const trained: Awaited<ReturnType<typeof trainTechnique>>[] = [];
    for (const seed of seeds) {
      trained.push(
        await trainTechnique(
          {
            ...options,
            features,
            images: async () => ({
              training: await images.decode('train', cacheSize(budget)),
              validation: await images.decode('validation', budget.size),
            }),
          },
          technique,
          seed,
        ),
      );
    }
    const run: TechniqueRun = {
      technique: technique.name,
      digest: identity,
      assumedPrior: trained[0]!.assumedPrior,
      seeds: seeds.map((seed, i) => ({ seed, logits: trained[i]!.logits })),
    };
    await writeTechniqueRun(file, run);
    runs.push(run);
  }

  log(`comparing ${runs.length} techniques`);
  const { validation } = images;
  const trainingPrior = classShares(
    countStrata(features.training.strata, classCount(), features.training.sources)[0]!,
  );
  const lesions = validation.map(({ lesionId }) => lesionId);
  const parts = comparisonParts(runs, features.validation.strata, lesions).map((part) => ({
    name: part.name,
    validation: part.lesions.length,
    lesions: countLesions(part.lesions.map((lesionId) => ({ lesionId }))),
    compared: compareTechniques(part.runs, part, {
      trainingPrior,
      baseline: PLAIN,
      seed: split.seed,
    }),
  }));
  const [{ compared, ...all }, ...bySource] = parts as [(typeof parts)[0], ...typeof parts];
  const sizes = { validation: all.validation, lesions: all.lesions };
  const markdown = parts
    .map(({ name, compared: own, ...counts }) =>
      comparisonMarkdown(own, { ...budget, title: `${budget.title}${TITLES[name]}` }, counts),
    )
    .join('\n\n');
  const subtitle = `${budget.title}, ${sizes.validation} validation images; 95 % intervals, paired over lesions and seeds`;
  await mkdir(out, { recursive: true });
  const write = (name: string, content: string) => replaceFile(join(out, name), content);
  const { name, title, description } = budget;
  const document = {
    budget: { name, title, description },
    seeds,
    ...sizes,
    compared,
    ...(bySource.length > 0 && { bySource }),
  };
  await write(`${budget.name}.json`, jsonText(document));
  await write(`${budget.name}.svg`, await renderSvg(comparisonChart(compared, subtitle)));
  await write(`${budget.name}.md`, markdown);
  return markdown;
}
