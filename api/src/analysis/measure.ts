import { createQualityMeter } from '@naevus/shared/image/image-quality';
import { createResidualDistance, loadFeatureSubspace } from '@naevus/shared/model/feature-subspace';
import type { Manifest } from '@naevus/shared/model/manifest';
import { createModalityMeter, loadModalityModel } from '@naevus/shared/model/modality';
import type { ArtifactSource, Sha256 } from '@naevus/shared/model/verify';
import type { NetworkOutput } from '@naevus/shared/network/network-output';
import type { Measurements } from './engine.ts';

/**
 * What assessing the answer needs of the image: the only place where it is measured. Takes the network's
 * input, 224 x 224 RGB bytes, and what it gave; throws where its graph gives no features.
 */
export type MeasureImage = (
  input: Uint8Array,
  output: Pick<NetworkOutput, 'features'>,
) => Omit<Measurements, 'aspectRatio'>;

/**
 * @param kernels `@naevus/shared/kernels.wasm`
 * @returns undefined for a version that has no assessment
 * @throws ArtifactError when the subspace of the features or the modality model is not what the manifest says
 */
export async function loadMeasureImage(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'assessment'>,
  kernels: WebAssembly.Module,
  sha256?: Sha256,
): Promise<MeasureImage | undefined> {
  const subspace = await loadFeatureSubspace(source, manifest, sha256);
  if (subspace === undefined) return undefined;
  const measureQuality = createQualityMeter(kernels);
  const residualDistance = createResidualDistance(subspace, kernels);
  const modalityModel = await loadModalityModel(source, manifest, sha256);
  const measureModality = modalityModel && createModalityMeter(modalityModel);
  return (input, { features }) => {
    if (features === undefined) {
      throw new Error('the version has an assessment, but its graph gives no features');
    }
    return {
      quality: measureQuality(input),
      distance: residualDistance(features),
      ...(measureModality && { modality: measureModality(features) }),
    };
  };
}
