import type { LabelledImages } from '../../data/cache/labelled-images.ts';
import { RunStopped, type ShouldStop } from '../../data/run-stopped.ts';
import type { Architecture } from '../../network/architecture.ts';
import { type Parameters, withNewClassifier } from '../../network/parameters.ts';
import { TrainableNetwork } from '../../network/trainable-network.ts';
import { type Checkpoint, EMPTY_CHECKPOINT } from '../../run/checkpoint.ts';
import type { TrainingConfig } from '../../run/config/training-config.ts';
import type { EpochRecord } from '../../run/epoch-record.ts';
import { pooledFeatures } from '../sampling/pooled-features.ts';
import { reestimateStatistics, statisticsBatches } from './batch-norm-statistics.ts';
import { trainHead, watchesValidation } from './head-phase.ts';
import type { HeadState } from './head-trainer.ts';

/**
 * What comes before fine-tuning: batch-norm statistics re-estimated on training images, their features, and
 * the classifier trained on these. Goes on from a checkpoint of one of these phases.
 *
 * @throws RunStopped when it was asked to stop, after it has saved.
 */
export async function frozenBackbonePhases({
  run,
  checkpoint,
  save,
  training,
  validation,
}: {
  readonly run: {
    readonly architecture: Architecture;
    readonly config: TrainingConfig;
    readonly initialWeights: { readonly parameters: Parameters };
    readonly shouldStop: ShouldStop;
  };
  readonly checkpoint: Checkpoint | null;
  readonly save: (checkpoint: Checkpoint) => Promise<void>;
  readonly training: LabelledImages;
  readonly validation: LabelledImages;
}): Promise<{ parameters: Parameters; history: EpochRecord[] }> {
  const { architecture, config, shouldStop } = run;
  const resumed = checkpoint?.phase === 'head' ? checkpoint : null;
  const network = new TrainableNetwork({
    architecture,
    parameters: resumed?.weights ?? withNewClassifier(run.initialWeights.parameters, architecture),
    trainable: ({ block }) => block === 'classifier',
  });
  const state = () => ({ ...EMPTY_CHECKPOINT, weights: network.parameters.toParameters() });

  const { seed, statisticsImages } = config;
  if (!resumed && statisticsImages > 0) {
    const begun = checkpoint?.statistics ?? null;
    const statistics = await reestimateStatistics(
      network,
      statisticsBatches(training, statisticsImages, seed, begun?.batches ?? 0),
      Math.min(statisticsImages, training.labels.length),
      { begun, shouldStop },
    );
    if (statistics) {
      await save({ ...state(), phase: 'statistics', statistics });
      throw new RunStopped('the re-estimation of batch-norm statistics');
    }
  }

  const width = architecture.headChannels;
  const begun = resumed?.features?.get(FEATURES) ?? new Float32Array();
  const features = await pooledFeatures(network, training, {
    begun: Array.from({ length: begun.length / width }, (_, row) =>
      begun.slice(row * width, (row + 1) * width),
    ),
    shouldStop,
  });
  const { rows } = features;
  const saveHead = (head: Partial<HeadState>) =>
    save({ ...state(), ...head, phase: 'head', features: new Map([[FEATURES, joined(rows)]]) });
  if (rows.length < training.labels.length) {
    await saveHead({});
    throw new RunStopped('the features of the frozen backbone');
  }

  const history = await trainHead(network, features, config.head, config.seed, {
    ...(watchesValidation(config.head) && {
      validation: await validationFeatures(network, validation),
    }),
    ...(resumed && { resumed }),
    save: saveHead,
    shouldStop,
  });
  const parameters = network.parameters.toParameters();
  network.dispose();
  return { parameters, history };

  async function validationFeatures(scored: TrainableNetwork, images: LabelledImages) {
    const found = await pooledFeatures(scored, images, { shouldStop });
    if (found.rows.length === images.labels.length) return found;
    await saveHead(resumed ?? {});
    throw new RunStopped('the features of the validation images');
  }
}

/** Name of the one array in the checkpoint's features. */
const FEATURES = 'training';

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [row, feature] of rows.entries()) values.set(feature, row * width);
  return values;
}
