import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { answerParseRequest } from '../runtime/node/server/answer-parse-request.ts';
import type { ParseRequest } from '../runtime/node/server/parser-messages.ts';

const port = parentPort!;

/** Below the thread that answers: on Linux it is this thread's alone. */
const NICENESS = 5;

try {
  if (process.platform === 'linux') setPriority(NICENESS);
} catch {
  // Not allowed here: then both compete.
}

port.on('message', (request: ParseRequest) => {
  const { reply, memory } = answerParseRequest(request);
  port.postMessage(reply, memory);
});
