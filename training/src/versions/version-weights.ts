import { folderSource } from '@naevus/shared/model/folder-source';
import { type LoadedManifest, loadManifest, parseJson } from '@naevus/shared/model/load-manifest';
import type { Manifest } from '@naevus/shared/model/manifest';
import { type ArtifactSource, loadFile } from '@naevus/shared/model/verify';
import * as tf from '@tensorflow/tfjs-core';
import { readTfjsModel } from '../convert/tfjs/load-graph-model.ts';
import type { TfjsFiles } from '../convert/tfjs/tfjs-export.ts';
import { type Split, splitSchema } from '../data/split/split-schema.ts';
import { REPORTS_FOLDER, TFJS_FOLDER } from './artifact-layout.ts';

/** Images that an error names; the others it counts. */
const NAMED_IMAGES = 3;

/** Where a version's folder has its split. */
export const SPLIT_PATH = `${REPORTS_FOLDER}split.json`;

/** Values by the names of a graph model (`<layer>.weight`, `<layer>/bias`), in TensorFlow's layout. */
export type GraphWeights = ReadonlyMap<string, Float32Array>;

/** The weights of an exported version and what they were trained on. */
export interface VersionWeights {
  readonly name: string;
  readonly values: GraphWeights;
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
  const loaded = await loadManifest(source);
  const { manifest } = loaded;
  const files: TfjsFiles = new Map();
  for (const { path } of manifest.files) {
    if (!path.startsWith(TFJS_FOLDER)) continue;
    files.set(path.slice(TFJS_FOLDER.length), await loadFile(source, manifest, path));
  }
  return {
    name: versionName(loaded),
    values: await decodeGraphWeights(files),
    split: await readVersionSplit(source, manifest),
  };
}

/** What a version goes by in records: its name and number, and the manifest's digest. */
export function versionName({ manifest, sha256 }: LoadedManifest): string {
  return `${manifest.name} ${manifest.version} (sha256 ${sha256})`;
}

/**
 * The split that a version was trained on.
 *
 * @throws ArtifactError when it is missing, does not fit, or is not the one the manifest names.
 */
export async function readVersionSplit(source: ArtifactSource, manifest: Manifest): Promise<Split> {
  return parseJson(await loadFile(source, manifest, SPLIT_PATH), SPLIT_PATH, splitSchema);
}

/** Constants of a graph model as float32, whatever precision they are stored in. Needs a backend of tfjs. */
export async function decodeGraphWeights(files: TfjsFiles): Promise<Map<string, Float32Array>> {
  await tf.ready();
  const { weightData, weightSpecs } = readTfjsModel(files);
  const tensors = tf.io.decodeWeights(weightData as ArrayBuffer, weightSpecs ?? []);
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.dtype === 'float32') values.set(name, tensor.dataSync<'float32'>().slice());
    tensor.dispose();
  }
  return values;
}

/**
 * @param validation image ids that figures are to be measured on
 * @throws Error when the version was trained on one of them.
 */
export function requireNoLeak(
  { name, split }: Pick<VersionWeights, 'name' | 'split'>,
  validation: readonly string[],
): void {
  const held = new Set(validation);
  const leaked = split.train.filter((image) => held.has(image));
  if (leaked.length === 0) return;
  const more = leaked.length > NAMED_IMAGES ? ` and ${leaked.length - NAMED_IMAGES} more` : '';
  throw new Error(
    `${name} was trained on ${leaked.slice(0, NAMED_IMAGES).join(', ')}${more}, which this run validates on: ` +
      "its figures would be of images it has seen. Keep to the version's own split: --split VERSION_DIR/reports/split.json",
  );
}

/**
 * Mean of networks, weight by weight.
 *
 * @param shares how much each counts; they sum to 1. Left out: equally.
 * @throws Error when they are not of one shape.
 */
export function meanWeights(
  networks: readonly GraphWeights[],
  shares: readonly number[] = networks.map(() => 1 / networks.length),
): Map<string, Float32Array> {
  return new Map(
    [...networks[0]!].map(([name, values]) => {
      const rows = networks.map((network) => network.get(name) ?? new Float32Array());
      if (rows.some(({ length }) => length !== values.length)) {
        throw new Error(`the weights differ in ${name}: they are of different networks`);
      }
      return [
        name,
        values.map((_, i) => rows.reduce((sum, row, n) => sum + shares[n]! * row[i]!, 0)),
      ];
    }),
  );
}
