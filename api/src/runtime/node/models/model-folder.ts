import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderSource, nodeSha256 } from '@naevus/shared/model/folder-source';
import {
  loadManifest,
  MANIFEST_PATH,
  readCurrentVersion,
} from '@naevus/shared/model/load-manifest';
import { ArtifactError, loadFile } from '@naevus/shared/model/verify';
import { compareVersions, isVersion } from '@naevus/shared/model/version';
import { taxonomyOf } from '@naevus/shared/taxonomy/taxonomy-of';
import { browserFiles } from '../../../analysis/browser-files.ts';
import type { ServedModel } from '../../../analysis/engine.ts';
import { sharedFiles } from '../files/shared-files.ts';

/** The models of this project; from `dist/`, where the bundle lies. */
export const BUNDLED_MODELS = fileURLToPath(new URL('../../model-artifacts', import.meta.url));

const CARD_PATH = 'MODEL_CARD.md';

/** A model on disk, its manifest read and valid. */
export interface ModelFolder extends ServedModel {
  /** The version's folder. */
  readonly folder: string;
}

export interface ModelChoice {
  /** A folder with `current.json` and one folder a version, or the folder of a version. */
  readonly directory: string;
  /** Without it, the current one. */
  readonly version?: string | undefined;
  /** Public keys, one of which must have signed it; left out: signed or not. */
  readonly trustedKeys?: readonly string[] | undefined;
}

/**
 * Opens a model that is to be served.
 *
 * @throws ArtifactError when there is no model, its manifest cannot be used, or it is not signed as it must be
 */
export async function openModelFolder(choice: ModelChoice): Promise<ModelFolder> {
  const { folder, version } = await versionFolder(choice);
  const source = folderSource(folder);
  const { manifest, sha256 } = await loadManifest(source, nodeSha256, {
    ...(choice.trustedKeys && { trustedKeys: choice.trustedKeys }),
    ...(version !== undefined && { version }),
  });
  // Read now: what is read late must not fail late.
  const card = new TextDecoder().decode(await loadFile(source, manifest, CARD_PATH, nodeSha256));
  return {
    folder,
    manifest,
    taxonomy: taxonomyOf(manifest),
    sha256,
    files: sharedFiles(source),
    card: async () => card,
  };
}

/**
 * Checks the files that no engine of this server loads, but that browsers are sent.
 *
 * @throws ArtifactError where one is not what the manifest says
 */
export async function checkBrowserFiles({ folder, manifest }: ModelFolder): Promise<void> {
  const source = folderSource(folder);
  // By Web Crypto, which does not compute on this thread; one after another, for the memory.
  for (const { path } of browserFiles(manifest)) await loadFile(source, manifest, path);
}

/** The folder to read, and which version must be in it where `current.json` says so. */
async function versionFolder({
  directory,
  version,
}: ModelChoice): Promise<{ folder: string; version?: string }> {
  if (version !== undefined) return { folder: join(directory, version), version };
  if (await holdsOneVersion(directory)) return { folder: directory };
  const current = await readCurrentVersion(folderSource(directory));
  if (current === undefined) {
    const detail = 'holds no model: neither current.json nor manifest.json is in it';
    throw new ArtifactError('missing', directory, `${detail}; set NAEVUS_MODEL_DIR`);
  }
  const folder = join(directory, current);
  if (!(await exists(folder))) {
    throw new ArtifactError(
      'missing',
      folder,
      'is the current version, but there is no such folder',
    );
  }
  return { folder, version: current };
}

/** Whether a folder is that of one version, so that it can hold no other. */
export function holdsOneVersion(directory: string): Promise<boolean> {
  return exists(join(directory, MANIFEST_PATH));
}

/** The versions in a folder, the oldest first. */
export async function versionsIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter(isVersion).sort(compareVersions);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
