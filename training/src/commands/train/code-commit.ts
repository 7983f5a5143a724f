import { execFileSync } from 'node:child_process';

/** The commit that a run is trained by, with `-dirty` where files differ from it; `unknown` without git. */
export function codeCommit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    return git('status', '--porcelain') === ''
      ? git('rev-parse', 'HEAD')
      : `${git('rev-parse', 'HEAD')}-dirty`;
  } catch {
    return 'unknown';
  }
}
