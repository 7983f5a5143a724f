/** A download that cannot go on; the message says what to do. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

/** The error that a write to a full disk is for whoever started it; any other one as it is. */
export function explainWriteError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new DownloadError(
    `the disk is full: ${path} cannot grow. Make room and start again: what is there is kept`,
    { cause: error },
  );
}
