import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadManifest, MANIFEST_PATH, parseJson } from '@naevus/shared/artifact/load-manifest';
import { currentSchema } from '@naevus/shared/artifact/manifest';
import { ArtifactError, loadFile } from '@naevus/shared/artifact/verify';
import type { ServedModel } from '../engine/engine.ts';
import { folderSource, nodeSha256 } from './folder-source.ts';

const CURRENT_PATH = 'current.json';
const CARD_PATH = 'MODEL_CARD.md';

/** A model on disk, its manifest read and valid. */
export interface ModelFolder extends ServedModel {
  /** The version's folder. */
  readonly folder: string;
}

/**
 * Opens the model that is to be served.
 *
 * @param directory a folder with `current.json` and one folder a version, or the folder of a version
 * @throws ArtifactError when there is no model, or its manifest cannot be used
 */
export async function openModelFolder(directory: string): Promise<ModelFolder> {
  const folder = await versionFolder(directory);
  const source = folderSource(folder);
  const { manifest, sha256 } = await loadManifest(source, nodeSha256);
  let card: Promise<string> | undefined;
  return {
    folder,
    manifest,
    sha256,
    card() {
      card ??= loadFile(source, manifest, CARD_PATH, nodeSha256).then((bytes) =>
        new TextDecoder().decode(bytes),
      );
      return card;
    },
  };
}

async function versionFolder(directory: string): Promise<string> {
  if (await exists(join(directory, MANIFEST_PATH))) return directory;
  const bytes = await folderSource(directory).read(CURRENT_PATH);
  if (bytes === undefined) {
    const detail = 'holds no model: neither current.json nor manifest.json is in it';
    throw new ArtifactError('missing', directory, `${detail}; set NAEVUS_MODEL_DIR`);
  }
  const { version } = parseJson(bytes, CURRENT_PATH, currentSchema);
  const folder = join(directory, version);
  if (!(await exists(folder))) {
    throw new ArtifactError(
      'missing',
      folder,
      'is the current version, but there is no such folder',
    );
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
