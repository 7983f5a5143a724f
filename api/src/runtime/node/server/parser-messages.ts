import { ProblemError } from '../../../answers/problem-error.ts';

/** To the thread that parses. */
export interface ParseRequest {
  readonly id: number;
  readonly parser: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly rest: readonly unknown[];
}

/** Back from it; `result` may hold problems, as {@link encodeProblems} writes them. */
export type ParseReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly problem: unknown }
  | { readonly id: number; readonly defect: string };

/** A problem as it travels between threads, where the class of an error is lost. */
interface EncodedProblem {
  readonly encodedProblem: readonly [
    ProblemError['kind'],
    string,
    ProblemError['headers'],
    ProblemError['members'],
  ];
}

/** Writes the problems in a value as what can be sent. */
export function encodeProblems(value: unknown): unknown {
  if (value instanceof ProblemError) {
    const { kind, message, headers, members } = value;
    return { encodedProblem: [kind, message, headers, members] } satisfies EncodedProblem;
  }
  return mapMembers(value, encodeProblems);
}

/** Reads what {@link encodeProblems} wrote. */
export function decodeProblems(value: unknown): unknown {
  if (isEncodedProblem(value)) {
    const [kind, message, headers, members] = value.encodedProblem;
    return new ProblemError(kind, message, { headers, members });
  }
  return mapMembers(value, decodeProblems);
}

function isEncodedProblem(value: unknown): value is EncodedProblem {
  return typeof value === 'object' && value !== null && 'encodedProblem' in value;
}

/** Lists and plain objects with each member mapped; everything else as it is. */
function mapMembers(value: unknown, map: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, map(member)]));
}
