/** Takes a body apart: a pure function, so that it may run on another thread. */
export interface BodyParser<Rest extends readonly unknown[], Result> {
  /** By which another thread finds it. */
  readonly name: string;
  /** @throws ProblemError */
  readonly parse: (body: Uint8Array<ArrayBuffer>, ...rest: Rest) => Result;
}

/** Runs a parser, for large bodies where they do not hold up other requests. The body's memory may be taken away. */
export type RunParser = <Rest extends readonly unknown[], Result>(
  parser: BodyParser<Rest, Result>,
  body: Uint8Array<ArrayBuffer>,
  ...rest: Rest
) => Result | Promise<Result>;

/** Where there is no other thread. */
export const runParserHere: RunParser = (parser, body, ...rest) => parser.parse(body, ...rest);
