import { parentPort } from 'node:worker_threads';
import { answerParseRequest } from '../runtime/node/server/answer-parse-request.ts';
import type { ParseRequest } from '../runtime/node/server/parser-messages.ts';

const port = parentPort!;

port.on('message', (request: ParseRequest) => {
  const { reply, memory } = answerParseRequest(request);
  port.postMessage(reply, memory);
});
