import type { ImageFailure } from '../analysis/engine.ts';
import { ProblemError } from './problem-error.ts';

/** What a failure is called in an answer. */
const PROBLEM_OF_FAILURE = {
  damaged: 'damaged-image',
  'too-large': 'too-many-pixels',
  colours: 'unsupported-colours',
  format: 'unsupported-format',
  interrupted: 'interrupted',
} as const;

/** What is said of a failure that is no defect. */
export function problemOfFailure({
  kind,
  detail,
}: Exclude<ImageFailure, { kind: 'crashed' }>): ProblemError {
  const headers = kind === 'interrupted' ? { 'Retry-After': '1' } : {};
  return new ProblemError(PROBLEM_OF_FAILURE[kind], detail, { headers });
}
