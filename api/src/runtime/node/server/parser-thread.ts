import { Worker } from 'node:worker_threads';
import { ProblemError } from '../../../answers/problem-error.ts';
import type { RunParser } from '../../../http/context/body-parser.ts';
import { decodeProblems, type ParseReply, type ParseRequest } from './parser-messages.ts';

/** Smaller bodies are parsed at once: to parse them takes less than a millisecond or two. */
const SMALL_BYTES = 128 * 1024;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Parses large bodies one after another on a thread of its own, which is made when it is first needed: other requests
 * are answered meanwhile.
 *
 * @param file `parser-worker.js`
 * @param onLost told when the thread died; its bodies are answered with 503
 */
export function parserThread(file: URL, onLost: (reason: string) => void): RunParser {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let lastId = 0;

  function start(): Worker {
    const made = new Worker(file);
    const lost = (reason: string): void => {
      if (worker !== made) return;
      worker = undefined;
      for (const { reject } of pending.values()) reject(interrupted());
      pending.clear();
      onLost(reason);
    };
    made.on('message', (reply: ParseReply) => {
      const { resolve, reject } = pending.get(reply.id)!;
      pending.delete(reply.id);
      if ('result' in reply) resolve(decodeProblems(reply.result));
      else if ('problem' in reply) reject(decodeProblems(reply.problem));
      else reject(new Error(reply.defect));
    });
    made.once('error', (error) => lost(error.message));
    made.once('exit', (code) => lost(`ended with code ${code}`));
    // It has no native code, and need not be waited for at the end.
    made.unref();
    return made;
  }

  return (parser, body, ...rest) => {
    if (body.length <= SMALL_BYTES) return parser.parse(body, ...rest);
    worker ??= start();
    const request: ParseRequest = { id: ++lastId, parser: parser.name, body, rest };
    // The thread runs this very parser.
    const result = new Promise<ReturnType<typeof parser.parse>>((resolve, reject) => {
      pending.set(request.id, { resolve: resolve as Pending['resolve'], reject });
    });
    worker.postMessage(request, [body.buffer]);
    return result;
  };
}

function interrupted(): ProblemError {
  return new ProblemError('interrupted', 'the body was not parsed; send it again', {
    headers: { 'Retry-After': '1' },
  });
}
