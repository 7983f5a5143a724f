import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import { loadFeatureSubspace } from '@naevus/shared/model/feature-subspace';
import { folderSource } from '@naevus/shared/model/folder-source';
import { beforeAll, expect, it } from 'vitest';
import { MODELS, nativeBackend } from '../../test/helpers/backends.ts';
import { lesion } from '../../test/helpers/conformance-requests.ts';
import { openModelFolder } from '../runtime/node/models/model-folder.ts';
import type { AnalysisBackend } from './analyse.ts';

/** The threshold of the distance is about 0.3. */
const MOST_DIFFERENT = 1e-5;

let backend: AnalysisBackend;
let mean: Float32Array;
let basis: Float32Array;

beforeAll(async () => {
  backend = await nativeBackend();
  const { folder, manifest } = await openModelFolder({ directory: MODELS });
  ({ mean, basis } = (await loadFeatureSubspace(folderSource(folder), manifest))!);
});

/** `residualDistance` by its definition, in float64. */
function exactDistance(features: Float32Array): number {
  const length = Math.hypot(...features);
  const centred = Array.from(features, (value, i) => value / length - mean[i]!);
  let outside = centred.reduce((sum, value) => sum + value ** 2, 0);
  for (let row = 0; row < basis.length; row += mean.length) {
    outside -= centred.reduce((sum, value, i) => sum + value * basis[row + i]!, 0) ** 2;
  }
  return outside;
}

it.each([0, 1, 2])(
  'finds the distance of real features, as float64 does: picture %i',
  async (i) => {
    const file = lesion(i);
    const input = await backend.decode(file, readImageHeader(file), (image) =>
      backend.resampler.resizeToInput(image, backend.crop),
    );
    const output = await backend.classify(input);
    const { distance } = backend.measure!(input, output);
    expect(distance).toBeGreaterThan(0.01);
    expect(Math.abs(distance - exactDistance(output.features!))).toBeLessThan(MOST_DIFFERENT);
  },
);

it('throws where the graph gives no features', () => {
  expect(() => backend.measure!(new Uint8Array(224 * 224 * 3), {})).toThrow('gives no features');
});
