import { ProblemError } from '../../../answers/problem-error.ts';
import { BODY_PARSERS } from '../../../http/body-parsers.ts';
import { freeMemory } from '../inference/free-memory.ts';
import { encodeProblems, type ParseReply, type ParseRequest } from './parser-messages.ts';

/** Parses a body on the thread that is for it. */
export function answerParseRequest({ id, parser, body, rest }: ParseRequest): {
  readonly reply: ParseReply;
  /** What moves back with the reply. */
  readonly memory: ArrayBuffer[];
} {
  try {
    const result = BODY_PARSERS[parser]!.parse(body, ...(rest as never));
    const memory = new Set<ArrayBuffer>();
    collectMemory(result, memory);
    if (!memory.has(body.buffer)) freeMemory([body.buffer]);
    return { reply: { id, result: encodeProblems(result) }, memory: [...memory] };
  } catch (error) {
    freeMemory([body.buffer]);
    if (error instanceof ProblemError) {
      return { reply: { id, problem: encodeProblems(error) }, memory: [] };
    }
    const defect = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { reply: { id, defect }, memory: [] };
  }
}

/** The memory of every image in a result. */
function collectMemory(value: unknown, memory: Set<ArrayBuffer>): void {
  if (value instanceof Uint8Array) memory.add(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null && !(value instanceof ProblemError)) {
    for (const member of Object.values(value)) collectMemory(member, memory);
  }
}
