import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** For the last refusals to be written once what was accepted is answered. */
const REFUSALS_MS = 200;

/** Keeps account of the requests under way, so that a server can stop without leaving one unanswered. */
export class Drain {
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();
  #draining = false;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (_, response: ServerResponse) => {
      this.#open.add(response);
      response.once('close', () => this.#open.delete(response));
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
    const accepted = [...this.#open];
    const answered = Promise.all(accepted.map(closed));
    await Promise.race([answered, delay(seconds * 1000, undefined, { ref: false })]);
    const unanswered = accepted.filter((response) => this.#open.has(response)).length;

    const ended = closed(this.#server);
    this.#server.close();
    if (unanswered === 0) await Promise.race([ended, delay(REFUSALS_MS)]);
    this.#server.closeAllConnections();
    return unanswered;
  }
}

function closed(emitter: Server | ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    emitter.once('close', resolve);
  });
}
