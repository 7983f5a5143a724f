import { readFile } from 'node:fs/promises';
import { nodeSha256 } from '@naevus/shared/model/folder-source';
import type { Client, KeyCheck } from '../../../http/context/key-check.ts';
import {
  checkKeys,
  describeFaults,
  KeyListError,
  parseKeyList,
  readKeyList,
} from '../../../http/middleware/api-keys.ts';
import { onFileChange } from '../files/watch-file.ts';

export interface KeyStoreOptions {
  /** File of keys, watched. */
  readonly file?: string | undefined;
  /** Keys that stay as they are as long as the process runs. */
  readonly list?: string | undefined;
  /** The file was read; `fault` says what of it could not be. */
  readonly onReload: (fault?: string) => void;
}

/**
 * The keys of the server, as they stand in its settings and in a file that may change meanwhile.
 *
 * A key works if, and as long as, the file holds it: what is wrong in other lines, or that the file is empty or gone,
 * brings no key back. Where the file is there and cannot be read, the keys before stay, as nobody knows which were
 * revoked.
 */
export class KeyStore implements KeyCheck {
  readonly #options: KeyStoreOptions;
  readonly #listed: KeyCheck | undefined;
  #inFile: KeyCheck | undefined;
  #fault: string | undefined;

  private constructor(options: KeyStoreOptions) {
    this.#options = options;
    if (options.list !== undefined) this.#listed = readKeyList(options.list, nodeSha256);
  }

  /** @throws KeyListError when there are keys that cannot be read */
  static async open(options: KeyStoreOptions): Promise<KeyStore> {
    const store = new KeyStore(options);
    if (options.file !== undefined) {
      store.#inFile = await readKeyFile(options.file);
      onFileChange(options.file, () => void store.reload());
    }
    return store;
  }

  /** What is wrong with the file, as long as it is; without its path. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Reads the file again. */
  async reload(): Promise<void> {
    const { file, onReload } = this.#options;
    if (file === undefined) return;
    try {
      const { keys, faultyLines } = parseKeyList(await readOrEmpty(file));
      this.#inFile = checkKeys(keys, nodeSha256);
      if (faultyLines.length > 0) this.#fault = describeFaults(faultyLines);
      else this.#fault = keys.length === 0 ? 'the file of keys holds no key' : undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#fault = `the file of keys cannot be read (${code}): revoked keys may still work`;
    }
    onReload(this.#fault);
  }

  async clientOf(key: string): Promise<Client | undefined> {
    return (await this.#inFile?.clientOf(key)) ?? this.#listed?.clientOf(key);
  }
}

/** A file that is gone holds no keys. */
async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function readKeyFile(file: string): Promise<KeyCheck> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new KeyListError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return readKeyList(text, nodeSha256);
  } catch (error) {
    if (!(error instanceof KeyListError)) throw error;
    throw new KeyListError(`${file}: ${error.message}`);
  }
}
