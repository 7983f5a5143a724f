import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INPUT_SIZE } from '@naevus/shared/image/preprocessing-spec';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import { loadManifest } from '@naevus/shared/model/load-manifest';
import { loadFile } from '@naevus/shared/model/verify';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { lesion } from '../../../../test/helpers/conformance-requests.ts';
import { createOnnxClassifier } from './onnx-classifier.ts';

const MODELS = fileURLToPath(new URL('../../../../../model-artifacts/', import.meta.url));
const VERSIONS = readdirSync(MODELS).filter((name) => /^\d+\.\d+\.\d+$/.test(name));

it.each(VERSIONS)('computes the same bits on one thread and on several: %s', async (version) => {
  const source = folderSource(`${MODELS}${version}`);
  const { manifest } = await loadManifest(source, nodeSha256);
  const { onnx } = manifest.engines;
  const bytes = await loadFile(source, manifest, onnx.path, nodeSha256);
  const narrow = await createOnnxClassifier(bytes, onnx, 1);
  const wide = await createOnnxClassifier(bytes, onnx, 3);
  for (const index of [0, 1]) {
    const rgb = await sharp(lesion(index))
      .resize(INPUT_SIZE, INPUT_SIZE, { fit: 'fill' })
      .removeAlpha()
      .raw()
      .toBuffer();
    const [one, several] = [await narrow(rgb), await wide(rgb)];
    expect(several).toEqual(one);
    expect(one.logits.some((value) => value !== 0)).toBe(true);
  }
});
