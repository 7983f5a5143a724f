import recorded from './example-answers.json' with { type: 'json' };

/** Answers of a server with the bundled model to the images of the page, by operation. */
const ANSWERS: Readonly<Record<string, unknown>> = recorded;

/** The answer of an operation as JSON, lists of numbers each on a line; undefined where it is no JSON. */
export function exampleAnswer(operationId: string): string | undefined {
  // The version in a path changes nothing of the answer.
  const answer = ANSWERS[operationId.replace('VersionsVersion', '')];
  if (answer === undefined) return undefined;
  return JSON.stringify(answer, null, 2).replace(
    /\[\s+([^[\]{}]*?)\s+\]/g,
    (_, items: string) => `[${items.split(/,\s+/).join(', ')}]`,
  );
}
