import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemError } from '../../../answers/problem-error.ts';
import { PROBLEM_MEDIA_TYPE } from '../../../schemas/wire-names.ts';

// Problem documents for what never reaches the app.

/** For node-server. */
export function problemResponse(problem: ProblemError): Response {
  const { body, headers } = problemMessage(problem);
  return new Response(body, { status: problem.status, headers });
}

/** For Node's own server. */
export function sendProblem(outgoing: ServerResponse, problem: ProblemError): void {
  const { body, headers } = problemMessage(problem);
  outgoing.writeHead(problem.status, headers).end(body);
}

/** Answers on a bare socket, then closes it. */
export function refuse(socket: Socket, problem: ProblemError): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const { title, body, headers } = problemMessage(problem);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  const head = [`HTTP/1.1 ${problem.status} ${title}`, ...lines, '', ''].join('\r\n');
  socket.end(head + body, () => socket.destroy());
}

function problemMessage(problem: ProblemError) {
  const id = crypto.randomUUID();
  const document = problem.document(id);
  const body = JSON.stringify(document);
  return {
    title: document.title,
    body,
    headers: {
      ...problem.headers,
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      'X-Request-Id': id,
    },
  };
}
