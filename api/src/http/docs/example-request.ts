import type { Described, Served } from './described.ts';

/** A request to a route, as code examples have it. */
export interface ExampleRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A file that is the body, or files that are the field `image` of a form. */
  readonly body?: { readonly file: string } | { readonly form: readonly string[] };
  /** What comes back: JSON, or a file of this name. */
  readonly answer: 'json' | { readonly file: string };
}

/** The query that shows most of a route in few lines. */
const QUERIES: Readonly<Record<string, (served: Served) => string>> = {
  '/predict': () => '?top_k=2&similar=1',
  '/gradcam': ({ label }) => `?class=${label}`,
};

/** What stands in the place of a path parameter. */
export function pathValue(name: string, { name: model, version }: Served): string {
  if (name === 'name') return model;
  if (name === 'version') return version;
  return 'IMAGE_ID.webp';
}

/** An example of a request to an operation. */
export function exampleRequest(
  { path, method, operation }: Described,
  served: Served,
): ExampleRequest {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => pathValue(name, served));
  const url = `${served.origin}${filled}${QUERIES[path]?.(served) ?? ''}`;
  const types = Object.keys(operation.responses[200]!.content ?? {});
  const request = {
    method: method.toUpperCase(),
    url,
    answer: types.includes('application/json')
      ? ('json' as const)
      : { file: `answer.${types[0]!.split('/').at(-1)}` },
  };
  if (!operation.requestBody) return { ...request, headers: {} };
  if (path === '/lesion') {
    return { ...request, headers: {}, body: { form: ['photo-1.jpg', 'photo-2.jpg'] } };
  }
  // Without the header, the PNG comes back; and a binary body of the protocol begins with JSON.
  const headers: Record<string, string> =
    path === '/gradcam'
      ? { Accept: 'application/json' }
      : path.startsWith('/v2')
        ? { 'Inference-Header-Content-Length': '0' }
        : {};
  return { ...request, headers, body: { file: 'image.jpg' } };
}
