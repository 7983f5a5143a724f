import { loadCaseIndex } from '@naevus/shared/model/case-index';
import { createCaseSearch, type SimilarCase } from '@naevus/shared/model/find-similar-cases';
import type { Manifest } from '@naevus/shared/model/manifest';
import type { Confirmation } from '@naevus/shared/model/similar-cases-spec';
import type { ArtifactSource, Sha256 } from '@naevus/shared/model/verify';
import type { NetworkOutput } from '@naevus/shared/network/network-output';

/** A training lesion that is like an image. */
export interface FoundCase {
  readonly imageId: string;
  readonly lesionId: string | null;
  readonly label: string;
  readonly confirmedBy: Confirmation;
  /** -1 to 1. */
  readonly similarity: number;
  /** The version has a picture of it. */
  readonly pictured: boolean;
}

export interface FoundCases {
  /** The most similar first. */
  readonly nearest: readonly FoundCase[];
  readonly nearestByLabel: Readonly<Record<string, FoundCase>>;
}

/** Finds so many of the training lesions that are most like an image; throws where its graph gives no features. */
export type FindCases = (output: Pick<NetworkOutput, 'features'>, count: number) => FoundCases;

/**
 * @param kernels `@naevus/shared/kernels.wasm`
 * @returns undefined for a version without an index of similar cases
 * @throws ArtifactError when the index is not what the manifest says
 */
export async function loadFindCases(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'similarCases' | 'labels'>,
  kernels: WebAssembly.Module,
  sha256?: Sha256,
): Promise<FindCases | undefined> {
  const index = await loadCaseIndex(source, manifest, sha256);
  if (index === undefined) return undefined;
  const { labels } = manifest;
  const search = createCaseSearch(index, kernels, labels.length);
  const found = ({ position, similarity }: SimilarCase): FoundCase => {
    const { imageId, lesionId, label, confirmedBy, pictureBytes } = index.cases[position]!;
    return {
      imageId,
      lesionId,
      label: labels[label]!,
      confirmedBy,
      similarity,
      pictured: pictureBytes > 0,
    };
  };
  return ({ features }, count) => {
    if (features === undefined) {
      throw new Error('the version has an index of similar cases, but its graph gives no features');
    }
    const { nearest, nearestByLabel } = search(features, count);
    return {
      nearest: nearest.map(found),
      nearestByLabel: Object.fromEntries(
        nearestByLabel.flatMap((one) =>
          one ? [[labels[index.cases[one.position]!.label]!, found(one)]] : [],
        ),
      ),
    };
  };
}
