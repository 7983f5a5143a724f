/** Exit status of work that a signal or a time limit stopped, and that the same command can continue (sysexits' EX_TEMPFAIL). */
export const STOPPED = 75;

/** Exit status of a process that a signal ended, by the shell's convention: 128 and the signal's number. */
export const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNAL_STATUS;

/**
 * Lets the first SIGINT or SIGTERM ask the work to stop; a second one ends the process at once.
 *
 * @param onFirst called with the first signal
 * @returns whether a signal came
 */
export function listenForStop(onFirst: (signal: StopSignal) => void = () => {}): () => boolean {
  let requested = false;
  for (const signal of Object.keys(SIGNAL_STATUS) as StopSignal[]) {
    process.on(signal, () => {
      if (requested) process.exit(SIGNAL_STATUS[signal]);
      requested = true;
      onFirst(signal);
    });
  }
  return () => requested;
}
