import type { Logger } from 'pino';
import { anonymousRefusal } from '../../settings/anonymous-access.ts';
import { KeyStore } from '../access/key-store.ts';
import type { Settings } from './settings.ts';
import { StartError } from './start-error.ts';

/**
 * The keys that clients must have; none where the server is open to everyone.
 *
 * @throws StartError where it would be open to other machines without being told so, KeyListError
 */
export async function openKeys(
  settings: Settings,
  logger: Logger,
  onRead: (outcome: 'taken' | 'faulty') => void,
): Promise<KeyStore | undefined> {
  const { HOST, NAEVUS_API_KEYS, NAEVUS_API_KEYS_FILE, NAEVUS_ALLOW_ANONYMOUS } = settings;
  if (NAEVUS_API_KEYS !== undefined || NAEVUS_API_KEYS_FILE !== undefined) {
    return KeyStore.open({
      file: NAEVUS_API_KEYS_FILE,
      list: NAEVUS_API_KEYS,
      onReload(fault) {
        if (fault === undefined) logger.info('the keys were read again');
        else logger.error({ reason: fault }, 'the file of keys could not be read whole');
        onRead(fault === undefined ? 'taken' : 'faulty');
      },
    });
  }
  const refusal = anonymousRefusal(HOST, NAEVUS_ALLOW_ANONYMOUS);
  if (refusal !== undefined) throw new StartError(refusal);
  logger.warn({ host: HOST }, 'no keys are set: anyone who reaches this address may send images');
  return undefined;
}
