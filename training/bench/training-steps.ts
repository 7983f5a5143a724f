// Our half of the training benchmark, as a process of its own: one training step for each line of standard input.
import { createInterface } from 'node:readline';
import { createRandom } from '@naevus/shared/statistics/random';
import { efficientNetB0 } from '../src/network/architecture.ts';
import { logitLoss } from '../src/network/loss/logit-loss.ts';
import { parameterSpecs, randomParameters } from '../src/network/parameters.ts';
import { TrainableNetwork } from '../src/network/trainable-network.ts';
import { Adam } from '../src/train/optimizer/adam.ts';
import { frozenBlocks } from '../src/train/optimizer/network-blocks.ts';

const [batchSize = 0, size = 0] = process.argv.slice(2, 4).map(Number);
/** The last block that is not trained, or "none". */
const frozenThrough = process.argv[4] ?? 'none';

const blocks = [...new Set(parameterSpecs(efficientNetB0()).map(({ block }) => block))];
const isFrozen = frozenBlocks(blocks, frozenThrough);

const random = createRandom(1);
const network = new TrainableNetwork({
  architecture: efficientNetB0(),
  parameters: randomParameters(efficientNetB0(), random),
  trainable: ({ block }) => !isFrozen(block),
});
const optimizer = new Adam({
  optimizer: 'adamw',
  weightDecay: 0.02,
  gradientNorm: 5,
  learningRateFactor: () => 1,
});
const { classes } = efficientNetB0();
const loss = {
  classes,
  focalGamma: 0,
  labelSmoothing: 0.05,
  classWeights: Array.from({ length: classes }, () => 1),
  logitOffsets: Array.from({ length: classes }, () => 0),
};
const values = Float32Array.from({ length: batchSize * size * size * 3 }, () =>
  random.integer(256),
);
const labels = Array.from({ length: batchSize }, () => random.integer(classes));

/** Seconds of one step: forward, backward, running statistics and the update of the weights. */
function step(): number {
  const start = performance.now();
  const gradients = network.gradients(
    { values, count: batchSize, size },
    {
      random,
      dropPathRate: 0.2,
      dropoutRate: 0.2,
      usesBatchStatistics: (block) => !isFrozen(block),
      onBatchStatistics: (norm, mean, variance) => {
        moveTowards(network.parameters.get(`${norm}.running_mean`).values, mean);
        moveTowards(network.parameters.get(`${norm}.running_var`).values, variance);
      },
      lossGradient: (logits) => logitLoss(logits, labels, loss).gradient,
    },
  );
  optimizer.update(network.parameters, gradients, 1e-4);
  return (performance.now() - start) / 1000;
}

function moveTowards(running: Float32Array, observed: ArrayLike<number>): void {
  for (let i = 0; i < running.length; i++) running[i]! += 0.1 * (observed[i]! - running[i]!);
}

const answer = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

answer({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const seconds = step();
  answer({ seconds, peakRssBytes: process.resourceUsage().maxRSS * 1024 });
}
