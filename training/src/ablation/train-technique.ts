import type { LabelledImages } from '../data/cache/labelled-images.ts';
import type { ShouldStop } from '../data/run-stopped.ts';
import type { Architecture } from '../network/architecture.ts';
import type { Parameters } from '../network/parameters.ts';
import { TrainableNetwork } from '../network/trainable-network.ts';
import { assumedPrior, countStrata, pooledCounts } from '../run/class-prior.ts';
import { classCount } from '../taxonomy/current.ts';
import type { Teacher } from '../train/distillation/teacher.ts';
import { fineTune } from '../train/phases/fine-tuning.ts';
import { trainHead } from '../train/phases/head-phase.ts';
import {
  describeBySource,
  describeSummary,
  predictLogits,
  summarizeValidation,
} from '../train/phases/validation.ts';
import type { Features } from '../train/sampling/pooled-features.ts';
import { type Budget, fineTuningConfig, headConfig } from './budgets.ts';
import type { FrozenFeatures } from './frozen-features.ts';
import type { TechniqueRun } from './technique-run.ts';
import type { Technique } from './techniques.ts';

/** A decoded side of the split; decoded once. */
export interface AblationImages {
  /** Larger than the network's input, for augmentation to sample from. */
  readonly training: () => Promise<LabelledImages>;
  /** @param crop share of each side that is shown, in the middle */
  readonly validation: (crop: number) => Promise<LabelledImages>;
}

/** What networks of a budget are trained with. */
export interface BudgetTraining {
  readonly architecture: Architecture;
  readonly budget: Budget;
  readonly augmentationWorker: URL;
  readonly shouldStop: ShouldStop;
  readonly log: (line: string) => void;
}

export interface TechniqueTraining extends BudgetTraining {
  readonly features: FrozenFeatures;
  /** Asked for where the budget fine-tunes. */
  readonly images: AblationImages;
  /** Needed where the technique has distillation. */
  readonly teacher?: Teacher;
  /** Of the validation images, each to be scored; 1 shows all of an image. A budget without fine-tuning takes 1 alone. */
  readonly crops: readonly number[];
}

/** By the crop, in its order, the logits of each validation image. */
export type TechniqueScores = Pick<TechniqueRun, 'assumedPrior'> & {
  readonly logits: readonly number[][][];
};

/**
 * Trains a network by a technique within a budget and scores the validation images with it.
 *
 * @throws RunStopped when it was asked to stop; nothing is kept of what was begun then.
 */
export async function trainTechnique(
  training: TechniqueTraining,
  technique: Technique,
  seed: number,
): Promise<TechniqueScores> {
  const { architecture, features, images, shouldStop } = training;
  const { strata, sources } = features.training;
  const bySource = countStrata(strata, architecture.classes, sources);
  const fineTuning = fineTuningConfig(training.budget, technique);
  if (!fineTuning) {
    const head = await headOf(training, features.parameters, features.training, technique, seed);
    const logits = head.network.classifierLogits(features.validation.rows);
    head.network.dispose();
    const rows = features.validation.rows.map((_, i) =>
      logits.subarray(i * classCount(), (i + 1) * classCount()),
    );
    const { sampler, loss } = head.config;
    return { assumedPrior: assumedPrior(bySource[0]!, sampler, loss), logits: [rounded(rows)] };
  }
  const parameters = await tuneNetwork(
    training,
    { parameters: features.parameters, features: features.training },
    await images.training(),
    technique,
    seed,
  );
  const network = new TrainableNetwork({ architecture, parameters });
  const logits: number[][][] = [];
  for (const crop of training.crops) {
    const validation = await images.validation(crop);
    const rows = await predictLogits(network, validation, shouldStop);
    const summary = summarizeValidation(validation.strata, rows, bySource, fineTuning);
    training.log(`  crop ${crop}: ${describeSummary(summary)}`);
    for (const line of describeBySource(validation, rows, bySource, fineTuning)) training.log(line);
    logits.push(rounded(rows));
  }
  network.dispose();
  return {
    assumedPrior: assumedPrior(bySource[0]!, fineTuning.sampler, fineTuning.loss),
    logits,
  };
}

/**
 * A network trained by a technique on some images: the head on their frozen features, then fine-tuning.
 *
 * @param images the same images as the features', in their order
 * @throws RangeError when the budget fine-tunes nothing; RunStopped when it was asked to stop
 */
export async function tuneNetwork(
  training: BudgetTraining & { readonly teacher?: Teacher },
  start: { readonly parameters: Parameters; readonly features: Features },
  images: LabelledImages,
  technique: Technique,
  seed: number,
): Promise<Parameters> {
  const { architecture, budget, augmentationWorker, shouldStop, teacher } = training;
  const config = fineTuningConfig(budget, technique);
  if (!config) throw new RangeError(`the budget ${budget.name} fine-tunes nothing`);
  const head = await headOf(training, start.parameters, start.features, technique, seed);
  const afterHead = head.network.parameters.toParameters();
  head.network.dispose();
  const { parameters } = await fineTune({
    architecture,
    begin: async () => ({ parameters: afterHead, history: [] }),
    resumed: null,
    save: async () => {},
    config,
    seed,
    training: images,
    validation: null,
    augmentationWorker,
    ...(teacher && { teacher }),
    shouldStop,
  });
  return parameters;
}

async function headOf(
  { architecture, budget, shouldStop }: BudgetTraining,
  parameters: Parameters,
  features: Features,
  technique: Technique,
  seed: number,
) {
  const { strata, sources } = features;
  const counts = pooledCounts(countStrata(strata, architecture.classes, sources));
  const config = headConfig(budget, technique, counts, seed);
  const network = new TrainableNetwork({
    architecture,
    parameters,
    trainable: ({ block }) => block === 'classifier',
  });
  await trainHead(network, features, config, seed, { shouldStop });
  return { network, config };
}

/** Five digits: what a comparison reads, in files that stay small. */
function rounded(logits: readonly Float32Array[]): number[][] {
  return logits.map((row) => Array.from(row, (logit) => Number(logit.toPrecision(5))));
}
