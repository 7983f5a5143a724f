/** What a failure is called in an answer. */
export const PROBLEM_OF_FAILURE = {
  damaged: 'damaged-image',
  'too-large': 'too-many-pixels',
  colours: 'unsupported-colours',
} as const;
