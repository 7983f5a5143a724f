import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { loadFile } from '@naevus/shared/model/verify';
import type { NetworkOutput } from '@naevus/shared/network/network-output';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { lesion } from '../../../../test/helpers/conformance-requests.ts';
import type { Classifier } from '../../../analysis/ports.ts';
import {
  createMappedClassifier,
  createOnnxClassifier,
  shareOptimisedGraph,
} from './onnx-classifier.ts';

const MODELS = fileURLToPath(new URL('../../../../../model-artifacts/', import.meta.url));
const VERSIONS = readdirSync(MODELS).filter((name) => /^\d+\.\d+\.\d+$/.test(name));

it.each(VERSIONS)(
  'computes the same bits on several threads, of a shared graph, and two images in a run: %s',
  async (version) => {
    const source = folderSource(`${MODELS}${version}`);
    const { manifest } = await loadManifest(source, nodeSha256);
    const { onnx } = manifest.engines;
    const bytes = await loadFile(source, manifest, onnx.path, nodeSha256);
    const narrow = await createOnnxClassifier(bytes, onnx, 1, 7);
    const wide = await createOnnxClassifier(bytes, onnx, 3, 7);
    const images = await Promise.all(
      [0, 1, 0].map((index) =>
        sharp(lesion(index))
          .resize(INPUT_SIZE, INPUT_SIZE, { fit: 'fill' })
          .removeAlpha()
          .raw()
          .toBuffer(),
      ),
    );
    const alone: NetworkOutput[] = [];
    for (const rgb of images) alone.push(await narrow(rgb));
    expect(alone[0]!.logits).not.toEqual(alone[1]!.logits);
    const mapped: Classifier[] = [];
    if (process.platform === 'linux') {
      const graph = await shareOptimisedGraph(bytes, onnx, 7);
      for (const threads of [1, 3]) {
        mapped.push(await createMappedClassifier(graph, onnx, threads, 7));
      }
    }
    for (const classify of [narrow, wide, ...mapped]) {
      expect(await Promise.all(images.map(classify))).toEqual(alone);
    }
  },
);
