import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { internalProblem, ProblemError } from '../../../answers/problem-error.ts';
import type { AppEnv } from '../../../http/context/app-env.ts';
import type { ProblemKind } from '../../../schemas/problem.ts';
import { problemResponse, refuse, sendProblem } from './bare-problems.ts';
import { Connections } from './connections.ts';
import { discardRest } from './request-body.ts';

export interface HttpServerOptions {
  /** Seconds for a body to arrive, and for a client to take some of an answer that it was sent. */
  readonly timeoutSeconds: number;
  /** Seconds that a connection stays open between two requests. */
  readonly keepAliveSeconds: number;
  /** Called with what neither the app nor this server expected. */
  readonly onDefect: (error: unknown) => void;
  /** Called with what was refused before it reached the app. */
  readonly onRefused?: (kind: ProblemKind) => void;
}

/** How much longer than the app Node waits for a body, on routes that do not read theirs. */
const GRACE_SECONDS = 5;

/**
 * How much longer than between two requests Node waits for a header: a gateway may open a connection ahead of
 * its first request, and must not meet a connection that is about to close.
 */
const HEADER_GRACE_SECONDS = 5;

/** What is served at all, for what no route is asked for: `OPTIONS *` and `CONNECT`. */
const METHODS = 'GET, HEAD, POST, OPTIONS';

/** What Node takes off a socket at once: with less room, it stops and restarts reading for each image. */
const BUFFERED_BYTES = 64 * 1024;

/**
 * An HTTP/1.1 server around the app. What never reaches the app, because it is not HTTP or names no
 * host, gets a problem document, too.
 *
 * @returns the server, and the requests that it has under way
 */
export function createHttpServer(
  app: Hono<AppEnv>,
  options: HttpServerOptions,
): { readonly server: Server; readonly connections: Connections } {
  const { timeoutSeconds, keepAliveSeconds } = options;
  const headerSeconds = Math.max(timeoutSeconds, keepAliveSeconds + HEADER_GRACE_SECONDS);
  const serverOptions: ServerOptions = {
    keepAliveTimeout: keepAliveSeconds * 1000,
    headersTimeout: headerSeconds * 1000,
    requestTimeout: Math.max(headerSeconds, timeoutSeconds + GRACE_SECONDS) * 1000,
    connectionsCheckingInterval: 1000,
    highWaterMark: BUFFERED_BYTES,
    // Checked below, with a problem document; node-server takes `hostname` where it is empty.
    requireHostHeader: false,
  };
  const listener = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0], {
    hostname: 'localhost',
    autoCleanupIncoming: false,
    errorHandler(error) {
      if (error instanceof RequestError) return problemResponse(badRequest());
      options.onDefect(error);
      return problemResponse(internalProblem());
    },
  });
  const server = createServer(serverOptions);
  const connections = new Connections(server, (incoming, outgoing) => {
    if (!hasOneHost(incoming)) {
      options.onRefused?.('bad-request');
      outgoing.shouldKeepAlive = false;
      sendProblem(outgoing, new ProblemError('bad-request', WRONG_HOST));
    } else if (incoming.method === 'OPTIONS' && incoming.url === '*') {
      outgoing.writeHead(204, { Allow: METHODS }).end();
    } else {
      if (hasBody(incoming)) discardRest(incoming, outgoing);
      void listener(incoming, outgoing);
    }
  });
  const refuseRest = (socket: Socket, problem: ProblemError): void => {
    options.onRefused?.(problem.kind);
    connections.endWith(socket, () => refuse(socket, problem));
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseRest(socket, problemOf(error));
  });
  server.on('connect', (_, socket: Socket) => {
    // Node has let go of it.
    socket.on('error', () => socket.destroy());
    refuseRest(socket, noTunnel());
  });
  // An expectation other than 100-continue may be ignored (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  // Also called where a request takes its time: then there is nothing to write.
  server.setTimeout(timeoutSeconds * 1000, (socket: Socket) => {
    if (connections.isIdle(socket) || socket.writableLength > 0) socket.destroy();
  });
  return { server, connections };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

const WRONG_HOST = 'a request of HTTP/1.1 needs one Host header (RFC 9112, section 3.2)';

/** Whether a request has the one Host header that it needs; HTTP/1.0 has none. */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

function noTunnel(): ProblemError {
  return new ProblemError('method-not-allowed', 'this server is no proxy: CONNECT is not served', {
    headers: { Allow: METHODS },
  });
}

function badRequest(): ProblemError {
  return new ProblemError('bad-request', 'the request is not valid HTTP/1.1');
}

function problemOf(error: NodeJS.ErrnoException): ProblemError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ProblemError('header-too-large', 'the header has more than 16 KiB');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProblemError('request-timeout', 'the request took too long to arrive');
    default:
      return badRequest();
  }
}
