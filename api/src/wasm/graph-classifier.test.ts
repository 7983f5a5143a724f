import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { loadFile } from '@naevus/shared/model/verify';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { lesion } from '../../test/helpers/conformance-requests.ts';
import { createOnnxClassifier } from '../runtime/node/inference/onnx-classifier.ts';
import { createGraphClassifier } from './graph-classifier.ts';
import { readGraph } from './network/graph.ts';
import { createNetwork } from './network/network.ts';
import { Weights } from './network/weights.ts';

const MODELS = fileURLToPath(new URL('../../../model-artifacts/', import.meta.url));
const VERSIONS = readdirSync(MODELS).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
/** Of the largest value. A drawn pattern makes more of rounding: onnxruntime then differs more from itself, unoptimized. */
const TOLERANCE = 1e-4;
const KERNELS = new WebAssembly.Module(
  readFileSync(new URL('../../dist/page-files/network.wasm', import.meta.url)),
);

it.each(VERSIONS)('computes what onnxruntime does with the bundled version %s', async (version) => {
  const source = folderSource(`${MODELS}${version}`);
  const { manifest } = await loadManifest(source, nodeSha256);
  const { onnx } = manifest.engines;
  const classify = await createGraphClassifier({ source, manifest, sha256: nodeSha256 }, KERNELS);
  const reference = await createOnnxClassifier(
    await loadFile(source, manifest, onnx.path, nodeSha256),
    onnx,
    1,
    manifest.labels.length,
  );
  const { data: rgb } = await sharp(lesion(0))
    .resize(INPUT_SIZE, INPUT_SIZE, { fit: 'fill' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [ours, theirs] = [await classify(rgb), await reference(rgb)];
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  for (const name of ['logits', 'cam', 'features'] as const) {
    const expected = theirs[name];
    if (expected === undefined) continue;
    const scale = Math.max(...expected.map(Math.abs));
    expect(ours[name]!.length).toBe(expected.length);
    for (const [i, value] of ours[name]!.entries()) {
      expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(TOLERANCE);
    }
  }
});

it('takes no more memory than its weights and what is computed at once', async () => {
  const folder = `${MODELS}${VERSIONS.at(-1)}/tfjs/`;
  const { modelTopology, weightsManifest } = JSON.parse(
    readFileSync(`${folder}model.json`, 'utf8'),
  );
  const shards = weightsManifest[0].paths.map((name: string) => readFileSync(folder + name));
  const weights = new Weights(weightsManifest[0].weights, shards);
  const size = { width: INPUT_SIZE, height: INPUT_SIZE };
  const { bytes } = createNetwork(KERNELS, readGraph(modelTopology.node), weights, size);
  // 16 MB of weights, and the 96 channels of 112 x 112 pixels in the first stage.
  expect(bytes).toBeLessThan(24 << 20);
});
