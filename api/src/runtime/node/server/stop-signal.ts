/**
 * SIGTERM and SIGINT, and SIGHUP where it means that the terminal has gone. Listened to from the first
 * line of the process on: a signal that comes before there is a server waits until there is one.
 */
export class StopSignal {
  #received: NodeJS.Signals | undefined;
  #listener: ((signal: NodeJS.Signals) => void) | undefined;

  constructor() {
    const receive = (signal: NodeJS.Signals): void => {
      // Who asks twice does not want to wait.
      if (this.#received !== undefined) process.exit(1);
      this.#received = signal;
      this.#listener?.(signal);
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
