import { createServer, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Hono } from 'hono';
import { internalProblem, ProblemError } from '../../../answers/problem-error.ts';
import type { AppEnv } from '../../../http/context/app-env.ts';
import { PROBLEM_MEDIA_TYPE, type ProblemKind } from '../../../schemas/problem.ts';
import { freeMemory } from '../inference/free-memory.ts';

export interface HttpServerOptions {
  /** Seconds for a request's header to arrive. */
  readonly timeoutSeconds: number;
  /** Called with what neither the app nor this server expected. */
  readonly onDefect: (error: unknown) => void;
  /** Called with what was refused before it reached the app. */
  readonly onRefused?: (kind: ProblemKind) => void;
}

/** How much longer than the app Node waits for a body, on routes that do not read theirs. */
const GRACE_SECONDS = 5;

/** What Node takes off a socket at once: with less room, it stops and starts reading anew for each photo. */
const BUFFERED_BYTES = 64 * 1024;

/**
 * An HTTP/1.1 server around the app. What never reaches the app, because it is not HTTP or names no
 * host, gets a problem document, too.
 */
export function createHttpServer(app: Hono<AppEnv>, options: HttpServerOptions): Server {
  const serverOptions: ServerOptions = {
    headersTimeout: options.timeoutSeconds * 1000,
    requestTimeout: (options.timeoutSeconds + GRACE_SECONDS) * 1000,
    connectionsCheckingInterval: 1000,
    highWaterMark: BUFFERED_BYTES,
    // node-server takes the host from `hostname` below where there is none.
    requireHostHeader: false,
  };
  const fetch = (request: Request, env: { incoming: IncomingMessage }) =>
    app.fetch(withDirectBody(request, env.incoming), env);
  const listener = getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
    hostname: 'localhost',
    errorHandler(error) {
      if (error instanceof RequestError) return problemResponse(badRequest());
      options.onDefect(error);
      return problemResponse(internalProblem());
    },
  });
  const server = createServer(serverOptions, listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const problem = problemOf(error);
    options.onRefused?.(problem.kind);
    refuse(socket, problem);
  });
  // An expectation other than 100-continue may be ignored (RFC 9110, section 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  return server;
}

/**
 * The same request, whose `arrayBuffer` copies the body once at most, where node-server copies it twice more:
 * memory outside of V8's heap is what makes it collect garbage, which cost a large image 6 ms.
 */
function withDirectBody(request: Request, incoming: IncomingMessage): Request {
  const arrayBuffer = () => readAll(incoming);
  return Object.defineProperty(request, 'arrayBuffer', { value: arrayBuffer });
}

/** The whole body; rejects when the connection breaks before its end. */
function readAll(incoming: IncomingMessage): Promise<ArrayBuffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer<ArrayBuffer>[] = [];
    incoming.on('data', (chunk: Buffer<ArrayBuffer>) => chunks.push(chunk));
    incoming.once('error', reject);
    incoming.once('close', () => {
      if (!incoming.readableEnded) reject(new Error('closed before its end'));
    });
    incoming.once('end', () => resolve(joined(chunks)));
  });
}

/** The chunks as one piece of memory: their own, where there is one chunk and nothing else in it. */
function joined(chunks: readonly Buffer<ArrayBuffer>[]): ArrayBuffer {
  const [first] = chunks;
  if (chunks.length === 1 && hasMemoryToItself(first!)) return first!.buffer;
  // Not filled with zeros first, and no part of Node's pool.
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  freeMemory(chunks.filter(hasMemoryToItself).map(({ buffer }) => buffer));
  return bytes.buffer;
}

function hasMemoryToItself({ length, buffer }: Buffer<ArrayBuffer>): boolean {
  return length === buffer.byteLength;
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

function problemResponse(problem: ProblemError): Response {
  const id = crypto.randomUUID();
  return new Response(JSON.stringify(problem.document(id)), {
    status: problem.status,
    headers: {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Cache-Control': 'no-store',
      'X-Request-Id': id,
    },
  });
}

/** Answers on a bare socket, then closes it. */
function refuse(socket: Socket, problem: ProblemError): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const id = crypto.randomUUID();
  const document = problem.document(id);
  const body = JSON.stringify(document);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${document.title}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      `X-Request-Id: ${id}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}
