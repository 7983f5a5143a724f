/** Something that the operator can correct: reported in one line, without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
