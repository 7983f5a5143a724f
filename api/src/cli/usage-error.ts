/** Something that the user can correct: reported in one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
