import { EventEmitter, once } from 'node:events';
import type { Server } from 'node:http';

/** Counts the requests under way, so that a server can stop without leaving one unanswered. */
export class Drain {
  readonly #server: Server;
  readonly #idle = new EventEmitter();
  #inFlight = 0;
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (_, response) => {
      this.#inFlight++;
      response.once('close', () => {
        this.#inFlight--;
        if (this.#inFlight === 0) this.#idle.emit('idle');
      });
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  /**
   * Waits for what was accepted while the app refuses new work, then closes the server.
   *
   * @returns how many requests were still unanswered when the time was up
   */
  async finish(seconds: number): Promise<number> {
    this.#draining = true;
    if (this.#inFlight > 0) {
      await once(this.#idle, 'idle', { signal: AbortSignal.timeout(seconds * 1000) }).catch(
        () => {},
      );
    }
    const unanswered = this.#inFlight;
    this.#server.close();
    this.#server.closeAllConnections();
    return unanswered;
  }
}
