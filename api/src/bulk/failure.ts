/**
 * Why a message was not done. The message is kept beside the image's name, for anyone who looks for it:
 * what happened and what to do, never image content.
 */
export class BulkFailure extends Error {
  override readonly name = 'BulkFailure';
  /** No retry can help. */
  readonly final: boolean;

  constructor(reason: string, { final = false, cause }: { final?: boolean; cause?: unknown } = {}) {
    super(reason, { cause });
    this.final = final;
  }
}

/** What `work` gives; what it throws becomes the cause of a failure that is worth a retry. */
export async function orRetry<T>(reason: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BulkFailure) throw cause;
    throw new BulkFailure(reason, { cause });
  }
}
