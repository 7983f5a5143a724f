/** A loss or gradient that is not finite: the last checkpoint is the last good state. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  constructor(what: string, phase: string, step: number) {
    super(
      `${what} at step ${step} of ${phase}: lower its learning rate. Nothing of this step was kept; ` +
        "the run's last checkpoint is from before it",
    );
  }
}
