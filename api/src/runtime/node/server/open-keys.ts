import type { Logger } from 'pino';
import { KeyStore } from '../access/key-store.ts';
import type { Settings } from './settings.ts';
import { StartError } from './start-error.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

/**
 * The keys that clients must have; none where the server is open to everyone.
 *
 * @throws StartError where it would be open to other machines without being told so, KeyListError
 */
export async function openKeys(
  settings: Settings,
  logger: Logger,
  onRead: (outcome: 'taken' | 'refused') => void,
): Promise<KeyStore | undefined> {
  const { HOST, NAEVUS_API_KEYS, NAEVUS_API_KEYS_FILE, NAEVUS_ALLOW_ANONYMOUS } = settings;
  if (NAEVUS_API_KEYS !== undefined || NAEVUS_API_KEYS_FILE !== undefined) {
    return KeyStore.open({
      file: NAEVUS_API_KEYS_FILE,
      list: NAEVUS_API_KEYS,
      onReload() {
        logger.info('the keys were read again');
        onRead('taken');
      },
      onRefused(reason) {
        logger.error({ reason }, 'the new keys are refused; the previous ones stay valid');
        onRead('refused');
      },
    });
  }
  if (!LOOPBACK.test(HOST) && !NAEVUS_ALLOW_ANONYMOUS) {
    throw new StartError(
      `anyone who reaches ${HOST} could send images: set NAEVUS_API_KEYS_FILE or NAEVUS_API_KEYS, ` +
        'or NAEVUS_ALLOW_ANONYMOUS=true where something before this server checks who asks',
    );
  }
  logger.warn({ host: HOST }, 'no keys are set: anyone who reaches this address may send images');
  return undefined;
}
