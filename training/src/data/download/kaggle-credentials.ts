import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DownloadError } from './download-error.ts';

const credentialsSchema = z.object({ username: z.string().min(1), key: z.string().min(1) });

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Kaggle's credentials as a request carries them, from where Kaggle's own clients look, the first that is there: an
 * access token in `KAGGLE_API_TOKEN` (itself, or a file that holds it); `KAGGLE_USERNAME` and `KAGGLE_KEY`; the file
 * `access_token`, `access_token.txt` or `kaggle.json` in `KAGGLE_CONFIG_DIR` or `~/.kaggle`.
 *
 * @param warn told when others may read the file
 * @returns the value of an Authorization header: Bearer (RFC 6750) for a token, else Basic (RFC 7617)
 * @throws DownloadError when there are none; it repeats nothing of what it read
 */
export async function kaggleAuthorization(
  environment: Environment,
  warn: (line: string) => void,
): Promise<string> {
  const { KAGGLE_API_TOKEN: token, KAGGLE_USERNAME: username, KAGGLE_KEY: key } = environment;
  if (token?.trim()) return bearer((await readSecret(token, warn)) ?? token, 'KAGGLE_API_TOKEN');
  if (username && key) return basic(username, key);
  if (username || key) {
    const missing = username ? 'KAGGLE_KEY' : 'KAGGLE_USERNAME';
    throw new DownloadError(`${missing} is not set, and the one is no use without the other`);
  }
  const folder = environment.KAGGLE_CONFIG_DIR || join(environment.HOME || homedir(), '.kaggle');
  for (const name of ['access_token', 'access_token.txt']) {
    const file = join(folder, name);
    const text = await readSecret(file, warn);
    if (text?.trim()) return bearer(text, file);
  }
  const file = join(folder, 'kaggle.json');
  const text = await readSecret(file, warn);
  if (text === undefined) {
    throw new DownloadError(
      `no Kaggle credentials: make a token at kaggle.com, Settings, API, and set KAGGLE_API_TOKEN or put it into ${join(folder, 'access_token')}; KAGGLE_USERNAME and KAGGLE_KEY or an older kaggle.json there do as well. Or take another copy with --from`,
    );
  }
  const credentials = credentialsSchema.safeParse(parseJson(text));
  if (!credentials.success) {
    throw new DownloadError(`${file} is not {"username": "...", "key": "..."}: download it again`);
  }
  return basic(credentials.data.username, credentials.data.key);
}

/** A file's text without a byte order mark; undefined where there is no such file. */
async function readSecret(file: string, warn: (line: string) => void): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  if (process.platform !== 'win32' && (await stat(file)).mode & 0o077) {
    warn(`${file} can be read by others: chmod 600 ${file}`);
  }
  return text.replace(/^\uFEFF/, '');
}

function bearer(text: string, origin: string): string {
  const token = text.trim();
  // RFC 6750, section 2.1; anything else cannot stand in a header.
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return `Bearer ${token}`;
  throw new DownloadError(
    `${origin} holds no access token: make a new one at kaggle.com, Settings, API`,
  );
}

function basic(username: string, key: string): string {
  return `Basic ${Buffer.from(`${username}:${key}`).toString('base64')}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
