import { readFile } from 'node:fs/promises';
import { nodeSha256 } from '@naevus/shared/model/folder-source';
import type { KeyCheck } from '../../../http/context/key-check.ts';
import { KeyListError, readKeyList } from '../../../http/middleware/api-keys.ts';
import { onFileChange } from '../files/watch-file.ts';

export interface KeyStoreOptions {
  /** File of keys, watched. */
  readonly file?: string | undefined;
  /** Keys that stay as they are as long as the process runs. */
  readonly list?: string | undefined;
  readonly onReload: () => void;
  /** The file cannot be used: the keys before it stay. */
  readonly onRefused: (reason: string) => void;
}

/** The keys of the server, as they stand in its settings and in a file that may change meanwhile. */
export class KeyStore implements KeyCheck {
  readonly #options: KeyStoreOptions;
  readonly #listed: KeyCheck | undefined;
  #inFile: KeyCheck | undefined;

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

  /** Reads the file again; one that cannot be used changes nothing. */
  async reload(): Promise<void> {
    const { file, onReload, onRefused } = this.#options;
    if (file === undefined) return;
    try {
      this.#inFile = await readKeyFile(file);
      onReload();
    } catch (error) {
      onRefused((error as Error).message);
    }
  }

  async clientOf(key: string): Promise<string | undefined> {
    return (await this.#inFile?.clientOf(key)) ?? this.#listed?.clientOf(key);
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
