import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LoadedSplit } from '../data/cache/load-split.ts';
import { stratumOf } from '../data/cache/strata.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { Architecture } from '../network/architecture.ts';
import { type Parameters, parameterSpecs, withNewClassifier } from '../network/parameters.ts';
import { readSafetensors, serializeSafetensors } from '../network/safetensors.ts';
import { TrainableNetwork } from '../network/trainable-network.ts';
import { reestimateStatistics, statisticsBatches } from '../train/phases/batch-norm-statistics.ts';
import { type Features, pooledFeatures } from '../train/sampling/pooled-features.ts';

/** What every technique starts from. */
export interface FrozenFeatures {
  /** The backbone with its batch-norm statistics re-estimated on training images, and a zero classifier. */
  readonly parameters: Parameters;
  readonly training: Features;
  readonly validation: Features;
}

export interface FeatureSource {
  readonly architecture: Architecture;
  readonly initialWeights: { readonly parameters: Parameters; readonly description: string };
  readonly dataSha256: string;
  readonly images: LoadedSplit;
  /** Side of the images, in pixels. */
  readonly size: number;
  readonly statisticsImages: number;
  readonly seed: number;
  readonly cacheDirectory: string;
}

const PARAMETER = 'parameter/';

/** Pooled features of both sides, computed once and kept in the cache. */
export async function frozenFeatures(source: FeatureSource): Promise<FrozenFeatures> {
  const { architecture, images, size, statisticsImages, seed } = source;
  const key = JSON.stringify({
    data: source.dataSha256,
    weights: source.initialWeights.description,
    images: [images.train, images.validation].map((side) => side.map(({ imageId }) => imageId)),
    size,
    statisticsImages,
    seed,
  });
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const file = join(source.cacheDirectory, `features-${digest}-${size}.safetensors`);
  const kept = (await stat(file).catch(() => null)) ? await readSafetensors(file) : null;
  const tensors = kept ?? (await compute());
  const rows = (side: 'train' | 'validation'): Features => {
    const strata = images[side].map((image) => stratumOf(image, images.sources));
    const values = tensors.get(side)!;
    const width = values.length / strata.length;
    return {
      rows: strata.map((_, i) => values.subarray(i * width, (i + 1) * width)),
      strata,
      sources: images.sources.length,
    };
  };
  return {
    parameters: new Map(
      parameterSpecs(architecture).map(({ name }) => [name, tensors.get(PARAMETER + name)!]),
    ),
    training: rows('train'),
    validation: rows('validation'),
  };

  async function compute(): Promise<Parameters> {
    const training = await images.decode('train', size);
    const validation = await images.decode('validation', size);
    const network = new TrainableNetwork({
      architecture,
      parameters: withNewClassifier(source.initialWeights.parameters, architecture),
    });
    await reestimateStatistics(
      network,
      statisticsBatches(training, statisticsImages, seed),
      Math.min(statisticsImages, training.labels.length),
    );
    const computed: Parameters = new Map([
      ['train', concatenate((await pooledFeatures(network, training)).rows)],
      ['validation', concatenate((await pooledFeatures(network, validation)).rows)],
    ]);
    for (const [name, values] of network.parameters.toParameters()) {
      computed.set(PARAMETER + name, values);
    }
    network.dispose();
    await mkdir(dirname(file), { recursive: true });
    await replaceFile(file, serializeSafetensors(computed, new Map()));
    return computed;
  }
}

function concatenate(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0]?.length ?? 0;
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  return values;
}
