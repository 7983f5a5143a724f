import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Requests of one connection that may wait behind the one that is being answered. */
const MAX_WAITING = 1000;

/** The same over all connections: each takes some 4 KB. */
const MAX_WAITING_IN_ALL = 5000;

/** For the last refusals to be written once what was accepted is answered. */
const REFUSALS_MS = 200;

type RequestHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => unknown;

/** A request that was taken, and the place for its answer. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

interface Connection {
  /** A request has come. */
  used: boolean;
  /** Being answered. */
  current: Exchange | undefined;
  /** Sent ahead by a client that pipelines (RFC 9112, section 9.3.2), in order. */
  readonly waiting: Exchange[];
  /** Requests beyond the limit, which Node keeps until the connection closes. */
  ignored: number;
  /** Ends the connection once everything that was taken is answered. */
  end: (() => void) | undefined;
}

/**
 * The requests of each connection: handed to the app one after another, and given up together when the
 * connection closes.
 *
 * Node emits all requests of a packet at once, and when a connection closes it tells only the answer that is
 * being sent: the others would be kept for ever, with their bodies.
 *
 * A connection with too many requests ahead takes no more and closes after the last answer, so that its client
 * knows which requests to send again.
 */
export class Connections {
  readonly #server: Server;
  readonly #handle: RequestHandler;
  readonly #connections = new Map<Socket, Connection>();
  readonly #unanswered = new Set<Exchange>();
  /** What a drain waits for, and what to call when nothing of it is left. */
  #drain: { readonly left: Set<Exchange>; readonly done: () => void } | undefined;
  /** Waiting and ignored requests of all connections. */
  #held = 0;
  #draining = false;

  constructor(server: Server, handle: RequestHandler) {
    this.#server = server;
    this.#handle = handle;
    server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, {
        used: false,
        current: undefined,
        waiting: [],
        ignored: 0,
        end: undefined,
      });
      socket.once('close', () => this.#close(socket));
    });
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#take({ incoming, outgoing });
    });
  }

  /** Open connections. */
  get count(): number {
    return this.#connections.size;
  }

  /** Requests that were taken and are not answered. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Whether new work is to be refused, as the server is being closed. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Whether a connection is between two requests. */
  isIdle(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    return connection?.used === true && connection.current === undefined;
  }

  /**
   * Takes no more from a connection, and calls `end` once what it took is answered: now, where that is so already,
   * or where the rest of a body will not come.
   */
  endWith(socket: Socket, end: () => void): void {
    const connection = this.#connections.get(socket);
    const current = connection?.current;
    if (connection === undefined || current === undefined) {
      end();
    } else if (current.incoming.complete) {
      connection.end = end;
      socket.pause();
    } else if (current.outgoing.headersSent) {
      socket.destroy();
    } else {
      end();
    }
  }

  /**
   * Waits until every request that was taken so far is answered, or its client is gone.
   *
   * @returns how many are left when the signal fires
   */
  drain(signal: AbortSignal): Promise<number> {
    const left = new Set(this.#unanswered);
    if (left.size === 0) return Promise.resolve(0);
    return new Promise((resolve) => {
      this.#drain = { left, done: () => resolve(0) };
      signal.addEventListener('abort', () => resolve(left.size), { once: true });
    });
  }

  /**
   * Waits for what was accepted while the app refuses new work, then closes the server.
   *
   * @returns how many requests were still unanswered when the time was up
   */
  async finish(seconds: number): Promise<number> {
    this.#draining = true;
    const unanswered = await this.drain(AbortSignal.timeout(seconds * 1000));
    const ended = once(this.#server, 'close');
    this.#server.close();
    if (unanswered === 0) await Promise.race([ended, delay(REFUSALS_MS)]);
    this.#server.closeAllConnections();
    return unanswered;
  }

  #take(exchange: Exchange): void {
    const { socket } = exchange.incoming;
    const connection = this.#connections.get(socket);
    // It has closed while the rest of its last packet is parsed.
    if (connection === undefined) return;
    if (connection.current === undefined) {
      this.#unanswered.add(exchange);
      this.#answer(socket, connection, exchange);
      return;
    }
    const { waiting, ignored } = connection;
    this.#held++;
    const full = waiting.length >= MAX_WAITING || this.#held > MAX_WAITING_IN_ALL;
    if (!full && connection.end === undefined) {
      this.#unanswered.add(exchange);
      waiting.push(exchange);
      return;
    }
    connection.ignored++;
    connection.end ??= () => socket.destroySoon();
    // Told to the client where the header of that answer is not sent yet.
    (waiting.at(-1) ?? connection.current).outgoing.shouldKeepAlive = false;
    socket.pause();
    const floods = ignored > MAX_WAITING || this.#held > 2 * MAX_WAITING_IN_ALL;
    if (floods) socket.destroy();
  }

  #answer(socket: Socket, connection: Connection, exchange: Exchange): void {
    connection.used = true;
    connection.current = exchange;
    exchange.outgoing.once('close', () => {
      this.#settle(exchange);
      if (connection.current !== exchange) return;
      connection.current = undefined;
      if (!socket.destroyed) this.#next(socket, connection);
    });
    this.#handle(exchange.incoming, exchange.outgoing);
  }

  #next(socket: Socket, connection: Connection): void {
    const { waiting, end } = connection;
    const [next] = waiting;
    if (next !== undefined && (end === undefined || next.incoming.complete)) {
      waiting.shift();
      this.#held--;
      this.#answer(socket, connection, next);
    } else {
      end?.();
    }
  }

  #close(socket: Socket): void {
    const { current, waiting, ignored } = this.#connections.get(socket)!;
    this.#connections.delete(socket);
    this.#held -= waiting.length + ignored;
    if (current !== undefined) this.#settle(current);
    for (const exchange of waiting.splice(0)) this.#settle(exchange);
  }

  #settle(exchange: Exchange): void {
    if (!this.#unanswered.delete(exchange)) return;
    if (this.#drain?.left.delete(exchange) && this.#drain.left.size === 0) this.#drain.done();
  }
}
