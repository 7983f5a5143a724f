import { createRandom } from '@naevus/shared/random';
import { createProgress } from '../data/progress.ts';
import type { TrainableNetwork } from '../network/trainable-network.ts';
import { AdamW } from './adamw.ts';
import { createClassLoss } from './class-loss.ts';
import { countLabels } from './class-prior.ts';
import { epochOrder } from './epoch-order.ts';
import type { EpochRecord } from './epoch-record.ts';
import { batches, inferRows } from './image-batch.ts';
import type { LabelledImages } from './labelled-images.ts';
import { warmupCosine } from './learning-rate.ts';
import type { HeadConfig } from './training-config.ts';

/** Pooled features of every image, one row each, running statistics, no augmentation. */
export interface Features {
  readonly rows: readonly Float32Array[];
  readonly labels: readonly number[];
}

export function pooledFeatures(network: TrainableNetwork, images: LabelledImages): Features {
  const rows = inferRows(images, 'features', (batch) => network.features(batch));
  return { rows, labels: images.labels };
}

/** Trains the classifier alone on features taken once; the network's classifier is changed in place. */
export function trainHead(
  network: TrainableNetwork,
  features: Features,
  config: HeadConfig,
  seed: number,
): EpochRecord[] {
  const { classes } = network.architecture;
  const counts = countLabels(features.labels, classes);
  const loss = createClassLoss(counts, config.sampler, config.loss);
  const optimizer = new AdamW({
    weightDecay: config.weightDecay,
    learningRateFactor: () => 1,
    gradientNorm: Number.POSITIVE_INFINITY,
  });
  const stepsPerEpoch = Math.ceil(features.labels.length / config.batchSize);
  const totalSteps = stepsPerEpoch * config.epochs;
  const progress = createProgress('head', totalSteps);
  const records: EpochRecord[] = [];
  let step = 0;
  for (let epoch = 0; epoch < config.epochs; epoch++) {
    const started = performance.now();
    let lossSum = 0;
    let learningRate = 0;
    const order = epochOrder(features.labels, classes, config.sampler, seed + epoch);
    for (const indices of batches(order, config.batchSize)) {
      const labels = indices.map((index) => features.labels[index] ?? 0);
      const rows = indices.map((index) => features.rows[index] ?? new Float32Array());
      const gradients = network.classifierGradients(rows, {
        dropoutRate: config.dropout,
        random: createRandom(seed * 1_000_003 + step),
        lossGradient: (logits) => {
          const { value, gradient } = loss(logits, labels);
          lossSum += value * labels.length;
          return gradient;
        },
      });
      learningRate = config.learningRate * warmupCosine(step, totalSteps, 0, 0);
      optimizer.update(network.parameters, gradients, learningRate);
      step++;
      progress.advance(1);
    }
    const seconds = (performance.now() - started) / 1000;
    records.push({
      phase: 'head',
      epoch: epoch + 1,
      loss: lossSum / order.length,
      learningRate,
      seconds,
      imagesPerSecond: order.length / seconds,
    });
  }
  progress.done(`loss ${records.at(-1)?.loss.toFixed(4)}`);
  return records;
}
