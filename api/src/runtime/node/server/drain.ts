import { once } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connections } from './connections.ts';

/** For the last refusals to be written once what was accepted is answered. */
const REFUSALS_MS = 200;

/** Stops a server without leaving a request unanswered. */
export class Drain {
  readonly #server: Server;
  readonly #connections: Connections;
  #draining = false;

  constructor(server: Server, connections: Connections) {
    this.#server = server;
    this.#connections = connections;
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
    const unanswered = await this.#connections.drain(AbortSignal.timeout(seconds * 1000));
    const ended = once(this.#server, 'close');
    this.#server.close();
    if (unanswered === 0) await Promise.race([ended, delay(REFUSALS_MS)]);
    this.#server.closeAllConnections();
    return unanswered;
  }
}
