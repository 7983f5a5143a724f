/**
 * npm forwards a signal that the process group has had already, from a terminal or from systemd: within this time, the
 * second is the first.
 */
const SAME_SIGNAL_MS = 1000;

/**
 * SIGTERM and SIGINT, and SIGHUP where it means that the terminal has gone. Listened to from the first
 * line of the process on: a signal that comes before there is a server waits until there is one.
 */
export class StopSignal {
  #received: NodeJS.Signals | undefined;
  #receivedAt = 0;
  #listener: ((signal: NodeJS.Signals) => void) | undefined;

  constructor() {
    const receive = (signal: NodeJS.Signals): void => {
      if (this.#received === undefined) {
        this.#received = signal;
        this.#receivedAt = performance.now();
        this.#listener?.(signal);
      } else if (performance.now() - this.#receivedAt > SAME_SIGNAL_MS) {
        endAtOnce(signal);
      }
    };
    process.on('SIGTERM', receive);
    process.on('SIGINT', receive);
    // Without a terminal it asks for a reload, which the server listens to once it can.
    process.on('SIGHUP', process.stdin.isTTY ? receive : () => {});
  }

  get received(): boolean {
    return this.#received !== undefined;
  }

  /** Says what to do, at once where a signal has come already. */
  listen(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
    if (this.#received !== undefined) listener(this.#received);
  }
}

/** Not by `process.exit`, which waits for threads that compute in native code, and aborts. */
function endAtOnce(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
