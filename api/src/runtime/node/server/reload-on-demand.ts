import { join } from 'node:path';
import { CURRENT_PATH } from '@naevus/shared/model/load-manifest';
import type { Logger } from 'pino';
import { onFileChange } from '../files/watch-file.ts';
import type { Reload, ServedVersions } from '../inference/served-versions.ts';
import { BUNDLED_MODELS } from '../models/model-folder.ts';
import type { Settings } from './settings.ts';

/** Serves another version when `current.json` says so, or on SIGHUP. */
export function reloadOnDemand(
  versions: ServedVersions,
  settings: Settings,
  logger: Logger,
  onReload: (outcome: Reload['outcome']) => void,
): void {
  const reload = async (): Promise<void> => {
    const result = await versions.reload();
    onReload(result.outcome);
    if (result.outcome === 'refused') {
      logger.error(result, 'the new version is refused; the previous one is still served');
    } else {
      logger.info(result, 'checked for a new version');
    }
  };
  const directory = settings.NAEVUS_MODEL_DIR ?? BUNDLED_MODELS;
  onFileChange(join(directory, CURRENT_PATH), reload);
  // From a terminal it means that the terminal has gone.
  if (!process.stdin.isTTY) process.on('SIGHUP', reload);
}
