import { loadManifest, parseJson } from '@naevus/shared/artifact/load-manifest';
import { type Split, splitSchema } from '@naevus/shared/artifact/split';
import { loadFile } from '@naevus/shared/artifact/verify';
import * as tf from '@tensorflow/tfjs-core';
import { folderSource } from '../evaluation/artifact-folder.ts';
import { REPORTS_FOLDER, TFJS_FOLDER } from '../export/build-artifact.ts';
import { readTfjsModel } from '../export/tfjs/load-graph-model.ts';
import type { TfjsFiles } from '../export/tfjs/tfjs-export.ts';

/** The weights of an exported version and what they were trained on. */
export interface VersionWeights {
  readonly name: string;
  /** By the names of the graph model (`<layer>.weight`, `<layer>/bias`), in TensorFlow's layout. */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly split: Split;
}

/**
 * Reads what a version serves, every file held to the manifest's digest.
 *
 * @param folder a version's folder, with `manifest.json` in it
 * @throws ArtifactError when a file is missing, does not fit, or is not the one the manifest names.
 */
export async function readVersionWeights(folder: string): Promise<VersionWeights> {
  const source = folderSource(folder);
  const { manifest, sha256 } = await loadManifest(source);
  const files: TfjsFiles = new Map();
  for (const { path } of manifest.files) {
    if (!path.startsWith(TFJS_FOLDER)) continue;
    files.set(path.slice(TFJS_FOLDER.length), await loadFile(source, manifest, path));
  }
  const split = `${REPORTS_FOLDER}split.json`;
  return {
    name: `${manifest.name} ${manifest.version} (sha256 ${sha256})`,
    values: decodeGraphWeights(files),
    split: parseJson(await loadFile(source, manifest, split), split, splitSchema),
  };
}

/** Constants of a graph model as float32, whatever precision they are stored in. */
export function decodeGraphWeights(files: TfjsFiles): Map<string, Float32Array> {
  const { weightData, weightSpecs } = readTfjsModel(files);
  const tensors = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs ?? []);
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.dtype === 'float32') values.set(name, tensor.dataSync<'float32'>().slice());
    tensor.dispose();
  }
  return values;
}
