import * as tf from '@tensorflow/tfjs-core';
import { unfoldBatchNorm } from '../../convert/unfold-batch-norm.ts';
import type { Split } from '../../data/split/split-schema.ts';
import { efficientNetB0 } from '../../network/architecture.ts';
import { loadTfjsNode } from '../../network/engine/tensorflow.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';
import { meanWeights, requireNoLeak, type VersionWeights } from '../../versions/version-weights.ts';
import type { InitialWeights } from './pretrained.ts';

/**
 * Start weights out of networks as they are exported: the backbone of one, or the mean of several (a model soup:
 * Wortsman et al. 2022; sensible where all were trained from the same start).
 *
 * @param options.networks versions, or finished runs as they would be exported
 * @param options.shares how much each counts; they sum to 1. Left out: equally
 * @param options.pretrained what the versions' filters take their norms from: see {@link unfoldBatchNorm}
 * @param options.split the new run's
 * @param options.images training images of the new run, as they are served, to measure statistics on
 * @throws Error when one has seen an image that the run validates on, or they are of different networks
 */
export async function continueNetworks({
  networks,
  shares,
  pretrained,
  split,
  images,
}: {
  readonly networks: readonly VersionWeights[];
  readonly shares?: readonly number[] | undefined;
  readonly pretrained: InitialWeights;
  readonly split: Pick<Split, 'validation'>;
  readonly images: AsyncIterable<ImageBatch>;
}): Promise<InitialWeights> {
  loadTfjsNode();
  await tf.setBackend('tensorflow');
  for (const network of networks) requireNoLeak(network, split.validation);
  const parameters = await unfoldBatchNorm(
    meanWeights(
      networks.map(({ values }) => values),
      shares,
    ),
    pretrained.parameters,
    images,
    efficientNetB0(),
  );
  const names = networks.map(({ name }, i) =>
    shares ? `${name} (${Math.round(100 * shares[i]!)} %)` : name,
  );
  const start = names.length > 1 ? `mean of ${names.join(' and ')}` : names[0]!;
  return { parameters, description: `${start}; filter norms of ${pretrained.description}` };
}
