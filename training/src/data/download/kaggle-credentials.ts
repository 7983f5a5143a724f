import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DownloadError } from './download-error.ts';

const credentialsSchema = z.object({ username: z.string().min(1), key: z.string().min(1) });

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Kaggle's credentials as a request carries them, from where Kaggle's own client looks: `KAGGLE_USERNAME` and
 * `KAGGLE_KEY`, else `kaggle.json` in `KAGGLE_CONFIG_DIR` or `~/.kaggle`.
 *
 * @param warn told when others may read the file
 * @returns the value of an Authorization header (RFC 7617)
 * @throws DownloadError when there are none; it repeats nothing of what it read
 */
export async function kaggleAuthorization(
  environment: Environment,
  warn: (line: string) => void,
): Promise<string> {
  const { KAGGLE_USERNAME: username, KAGGLE_KEY: key } = environment;
  if (username && key) return basic(username, key);
  if (username || key) {
    const missing = username ? 'KAGGLE_KEY' : 'KAGGLE_USERNAME';
    throw new DownloadError(`${missing} is not set, and the one is no use without the other`);
  }
  const file = join(environment.KAGGLE_CONFIG_DIR || join(homedir(), '.kaggle'), 'kaggle.json');
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new DownloadError(
      `no Kaggle credentials: set KAGGLE_USERNAME and KAGGLE_KEY, or put the kaggle.json of your account (kaggle.com, Settings, API) at ${file} (${cause.code ?? 'unreadable'}). Or take another copy with --from`,
    );
  });
  if (process.platform !== 'win32' && (await stat(file)).mode & 0o077) {
    warn(`${file} can be read by others: chmod 600 ${file}`);
  }
  const credentials = credentialsSchema.safeParse(parseJson(text));
  if (!credentials.success) {
    throw new DownloadError(`${file} is not {"username": "...", "key": "..."}: download it again`);
  }
  return basic(credentials.data.username, credentials.data.key);
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
