import { webCryptoSha256 } from '@naevus/shared/model/verify';
import type { KeyCheck } from '../../http/context/key-check.ts';
import { readKeyList } from '../../http/middleware/api-keys.ts';

/** Who may ask a worker, and whose models it loads. */
export interface AccessSettings {
  readonly keys?: KeyCheck;
  readonly hstsSeconds?: number;
  readonly trustedKeys?: readonly string[];
}

/** @throws KeyListError when an entry of the keys is wrong */
export function accessSettings(variables: {
  readonly NAEVUS_API_KEYS?: string | undefined;
  readonly NAEVUS_HSTS_SECONDS?: number | undefined;
  readonly NAEVUS_TRUSTED_KEY?: readonly string[] | undefined;
}): AccessSettings {
  const {
    NAEVUS_API_KEYS: keys,
    NAEVUS_HSTS_SECONDS: hsts,
    NAEVUS_TRUSTED_KEY: trusted,
  } = variables;
  return {
    ...(keys && { keys: readKeyList(keys, webCryptoSha256) }),
    ...(hsts !== undefined && { hstsSeconds: hsts }),
    ...(trusted && { trustedKeys: trusted }),
  };
}
