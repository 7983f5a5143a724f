/** The run was asked to stop and did, after writing what --resume goes on from. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';

  /** @param where the work that was interrupted, for a person. */
  constructor(where: string) {
    super(`stopped in ${where}`);
  }
}

/** Asked between two pieces of work; true ends the run. */
export type ShouldStop = () => boolean;
