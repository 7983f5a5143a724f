import type { LabelledImages } from '../data/cache/labelled-images.ts';
import type { ShouldStop } from '../data/run-stopped.ts';
import type { Architecture } from '../network/architecture.ts';
import type { Parameters } from '../network/parameters.ts';
import { TrainableNetwork } from '../network/trainable-network.ts';
import { assumedPrior, countStrata, pooledCounts } from '../run/class-prior.ts';
import { classCount } from '../taxonomy/current.ts';
import { fineTune } from '../train/phases/fine-tuning.ts';
import { trainHead } from '../train/phases/head-phase.ts';
import { predictLogits } from '../train/phases/validation.ts';
import { type Budget, fineTuningConfig, headConfig } from './budgets.ts';
import type { FrozenFeatures } from './frozen-features.ts';
import type { TechniqueRun } from './technique-run.ts';
import type { Technique } from './techniques.ts';

export interface TechniqueTraining {
  readonly architecture: Architecture;
  readonly budget: Budget;
  readonly features: FrozenFeatures;
  /** Asked for where the budget fine-tunes. */
  readonly images: () => Promise<{ training: LabelledImages; validation: LabelledImages }>;
  readonly augmentationWorker: URL;
  readonly shouldStop: ShouldStop;
}

/**
 * Trains a network by a technique within a budget and scores the validation images with it.
 *
 * @throws RunStopped when it was asked to stop; nothing is kept of what was begun then.
 */
export async function trainTechnique(
  { architecture, budget, features, images, augmentationWorker, shouldStop }: TechniqueTraining,
  technique: Technique,
  seed: number,
): Promise<Pick<TechniqueRun, 'assumedPrior'> & { logits: number[][] }> {
  const { strata, sources } = features.training;
  const bySource = countStrata(strata, architecture.classes, sources);
  const counts = pooledCounts(bySource);
  const head = headConfig(budget, technique, counts, seed);
  const network = new TrainableNetwork({
    architecture,
    parameters: features.parameters,
    trainable: ({ block }) => block === 'classifier',
  });
  await trainHead(network, features.training, head, seed, { shouldStop });
  const afterHead: Parameters = network.parameters.toParameters();
  const headLogits = network.classifierLogits(features.validation.rows);
  network.dispose();

  const fineTuning = fineTuningConfig(budget, technique);
  if (!fineTuning) {
    return {
      assumedPrior: assumedPrior(bySource[0]!, head.sampler, head.loss),
      logits: rounded(
        features.validation.rows.map((_, i) =>
          headLogits.subarray(i * classCount(), (i + 1) * classCount()),
        ),
      ),
    };
  }
  const { training, validation } = await images();
  const { parameters } = await fineTune({
    architecture,
    begin: async () => ({ parameters: afterHead, history: [] }),
    resumed: null,
    save: async () => {},
    config: fineTuning,
    seed,
    training,
    validation,
    augmentationWorker,
    shouldStop,
  });
  const tuned = new TrainableNetwork({ architecture, parameters });
  const logits = await predictLogits(tuned, validation, shouldStop);
  tuned.dispose();
  return {
    assumedPrior: assumedPrior(bySource[0]!, fineTuning.sampler, fineTuning.loss),
    logits: rounded(logits),
  };
}

/** Five digits: what a comparison reads, in files that stay small. */
function rounded(logits: readonly Float32Array[]): number[][] {
  return logits.map((row) => Array.from(row, (logit) => Number(logit.toPrecision(5))));
}
