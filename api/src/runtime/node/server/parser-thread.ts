import type { RunParser } from '../../../http/context/body-parser.ts';
import { decodeProblems, type ParseReply, type ParseRequest } from './parser-messages.ts';
import { requestThread } from './request-thread.ts';

/** Smaller bodies are parsed at once: to parse them takes less than a millisecond or two. */
const SMALL_BYTES = 128 * 1024;

/**
 * Parses large bodies one after another on a thread of its own.
 *
 * @param file `parser-worker.js`
 * @param onLost told when the thread died; its bodies are answered with 503
 */
export function parserThread(file: URL, onLost: (reason: string) => void): RunParser {
  const ask = requestThread<Omit<ParseRequest, 'id'>, ParseReply, unknown>({
    file,
    read(reply) {
      if ('result' in reply) return decodeProblems(reply.result);
      if ('problem' in reply) throw decodeProblems(reply.problem);
      throw new Error(reply.defect);
    },
    lostDetail: 'the body was not parsed; send it again',
    onLost,
  });
  return (parser, body, ...rest) => {
    if (body.length <= SMALL_BYTES) return parser.parse(body, ...rest);
    const result = ask({ parser: parser.name, body, rest }, [body.buffer]);
    // The thread runs this very parser.
    return result as Promise<ReturnType<typeof parser.parse>>;
  };
}
