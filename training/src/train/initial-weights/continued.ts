import * as tf from '@tensorflow/tfjs-core';
import { unfoldBatchNorm } from '../../convert/unfold-batch-norm.ts';
import type { Split } from '../../data/split/split-schema.ts';
import { EFFICIENTNET_B0 } from '../../network/architecture.ts';
import { loadTfjsNode } from '../../network/engine/tensorflow.ts';
import type { ImageBatch } from '../../network/trainable-network.ts';
import { meanWeights, readVersionWeights, requireNoLeak } from '../../versions/version-weights.ts';
import type { InitialWeights } from './pretrained.ts';

/**
 * Start weights out of exported versions: their backbone, or the mean of several (a model soup: Wortsman et
 * al. 2022; sensible where all were trained from the same start).
 *
 * @param options.folders of the versions
 * @param options.pretrained what the versions' filters take their norms from: see {@link unfoldBatchNorm}
 * @param options.split the new run's
 * @param options.images training images of the new run, as they are served, to measure statistics on
 * @throws Error when a version has seen an image that the run validates on; ArtifactError when a version is
 *   damaged.
 */
export async function continueVersions({
  folders,
  pretrained,
  split,
  images,
}: {
  readonly folders: readonly string[];
  readonly pretrained: InitialWeights;
  readonly split: Pick<Split, 'validation'>;
  readonly images: AsyncIterable<ImageBatch>;
}): Promise<InitialWeights> {
  loadTfjsNode();
  await tf.setBackend('tensorflow');
  const versions = await Promise.all(folders.map(readVersionWeights));
  for (const version of versions) requireNoLeak(version, split.validation);
  const parameters = await unfoldBatchNorm(
    meanWeights(versions.map(({ values }) => values)),
    pretrained.parameters,
    images,
    EFFICIENTNET_B0,
  );
  const names = versions.map(({ name }) => name);
  const start = names.length > 1 ? `mean of ${names.join(' and ')}` : names[0]!;
  return { parameters, description: `${start}; filter norms of ${pretrained.description}` };
}
