import { join } from 'node:path';
import { folderSource } from '@naevus/shared/model/folder-source';
import {
  type LoadedManifest,
  loadManifest,
  readCurrentVersion,
} from '@naevus/shared/model/load-manifest';
import { loadFile } from '@naevus/shared/model/verify';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import { useTaxonomy } from '../taxonomy/current.ts';

/** A version out of a folder, of which everything that is read was held to the manifest's digests. */
export interface ArtifactFolder extends LoadedManifest {
  readonly folder: string;
  readonly onnx: Uint8Array;
}

/**
 * Loads a version to evaluate: its classes are those that the process works on.
 *
 * @throws Error where the process works on other classes already; ArtifactError when a file is missing, does not fit, or is not the one the manifest names.
 */
export async function loadArtifactFolder(folder: string): Promise<ArtifactFolder> {
  const source = folderSource(folder);
  const loaded = await loadManifest(source);
  useTaxonomy(taxonomyOf(loaded.manifest), folder);
  const onnx = await loadFile(source, loaded.manifest, loaded.manifest.engines.onnx.path);
  return { ...loaded, folder, onnx };
}

/** Every file of a loaded version. */
export function versionFiles({ folder, manifest }: ArtifactFolder): string[] {
  const names = ['manifest.json', ...manifest.files.map(({ path }) => path)];
  return names.map((name) => join(folder, name));
}

/**
 * Folder of the version that `current.json` names.
 *
 * @throws ArtifactError when there is no `current.json`, or it does not fit.
 */
export async function currentVersionFolder(store: string): Promise<string> {
  const version = await readCurrentVersion(folderSource(store));
  if (version === undefined) {
    throw new Error(
      `${join(store, 'current.json')} is not there: export a version first, or name one with --model`,
    );
  }
  return join(store, version);
}
