import type { Split } from '@naevus/shared/artifact/split';
import { EFFICIENTNET_B0 } from '../network/architecture.ts';
import type { ImageBatch } from '../network/trainable-network.ts';
import type { InitialWeights } from './pretrained.ts';
import { unfoldBatchNorm } from './unfold-batch-norm.ts';
import { readVersionWeights, type VersionWeights } from './version-weights.ts';

/** Images that an error names; the others it counts. */
const NAMED_IMAGES = 3;

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
  architecture = EFFICIENTNET_B0,
}: {
  readonly folders: readonly string[];
  readonly pretrained: InitialWeights;
  readonly split: Pick<Split, 'validation'>;
  readonly images: AsyncIterable<ImageBatch>;
  readonly architecture?: typeof EFFICIENTNET_B0;
}): Promise<InitialWeights> {
  const versions = await Promise.all(folders.map(readVersionWeights));
  for (const version of versions) refuseLeak(version, split.validation);
  const parameters = await unfoldBatchNorm(
    meanWeights(versions),
    pretrained.parameters,
    images,
    architecture,
  );
  const names = versions.map(({ name }) => name);
  const start = names.length > 1 ? `mean of ${names.join(' and ')}` : names[0]!;
  return { parameters, description: `${start}; filter norms of ${pretrained.description}` };
}

function refuseLeak({ name, split }: VersionWeights, validation: readonly string[]): void {
  const held = new Set(validation);
  const leaked = split.train.filter((image) => held.has(image));
  if (leaked.length === 0) return;
  const more = leaked.length > NAMED_IMAGES ? ` and ${leaked.length - NAMED_IMAGES} more` : '';
  throw new Error(
    `${name} was trained on ${leaked.slice(0, NAMED_IMAGES).join(', ')}${more}, which this run validates on: ` +
      "its figures would be of images it has seen. Keep to the version's own split: --split VERSION_DIR/reports/split.json",
  );
}

function meanWeights(versions: readonly VersionWeights[]): Map<string, Float32Array> {
  const [first, ...others] = versions.map(({ values }) => values);
  return new Map(
    [...first!].map(([name, values]) => {
      const rows = [values, ...others.map((other) => other.get(name) ?? new Float32Array())];
      if (rows.some(({ length }) => length !== values.length)) {
        throw new Error(`the versions differ in ${name}: they are of different networks`);
      }
      return [
        name,
        values.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length),
      ];
    }),
  );
}
