import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { publicKeySchema } from '@naevus/shared/model/signature';

/** The variable that `sign` takes the private key from where no file is named, as a CI secret is handed over. */
export const SIGNING_KEY_VARIABLE = 'NAEVUS_SIGNING_KEY';

/**
 * Makes an Ed25519 key: the private half as PKCS #8 PEM that only its owner may read, the public half beside it
 * as the server takes it.
 *
 * @returns the public key
 * @throws Error when one of the two files is there already
 */
export async function writeNewKey(file: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicText = rawPublicKey(publicKey.export({ format: 'jwk' }).x!);
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  await writeNew(`${file}.pub`, `${publicText}\n`, 0o644);
  await writeNew(file, pem, 0o600);
  return publicText;
}

async function writeNew(path: string, content: string | Buffer, mode: number): Promise<void> {
  await writeFile(path, content, { mode, flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw new Error(`${path} is there already, and a key is never overwritten`, { cause });
  });
}

/**
 * Reads a private key.
 *
 * @param file PEM file; left out, the key is the text of `NAEVUS_SIGNING_KEY`
 * @param warn told when others than the owner may read the file
 * @returns PKCS #8, DER
 * @throws Error that does not repeat the key when there is none, or it is no Ed25519 key
 */
export async function readSigningKey(
  file: string | undefined,
  warn: (line: string) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const origin = file ?? SIGNING_KEY_VARIABLE;
  const pem = file === undefined ? process.env[SIGNING_KEY_VARIABLE] : await readText(file);
  if (!pem) throw new Error(`name the private key with --key FILE, or set ${SIGNING_KEY_VARIABLE}`);
  if (file !== undefined && process.platform !== 'win32' && (await stat(file)).mode & 0o077) {
    warn(`${file} can be read by others: chmod 600 ${file}`);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${key.asymmetricKeyType}`);
    createPublicKey(key);
    return new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
  } catch {
    throw new Error(
      `${origin} holds no Ed25519 private key in PEM: make one with models -- keygen`,
    );
  }
}

/**
 * Public keys as they are given on the command line or in `NAEVUS_TRUSTED_KEY`: the key itself, or a file that
 * holds it; several separated by commas.
 *
 * @throws Error that names what is neither
 */
export async function readTrustedKeys(text: string): Promise<string[]> {
  return Promise.all(
    text.split(',').map(async (item) => {
      const given = item.trim();
      if (publicKeySchema.safeParse(given).success) return given;
      const content = (await readText(given)).trim();
      if (publicKeySchema.safeParse(content).success) return content;
      throw new Error(`${given} holds no public key: 44 characters of base64, as keygen prints it`);
    }),
  );
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    const detail = cause.code ?? cause.message;
    throw new Error(`the key ${path} cannot be read (${detail})`, { cause });
  });
}

function rawPublicKey(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64');
}
