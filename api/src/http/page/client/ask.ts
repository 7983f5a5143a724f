import type { HeatmapMethod } from '@naevus/shared/network/heatmap-methods';
import type { Label } from '@naevus/shared/taxonomy';
import type { GradcamResponse } from '../../../schemas/gradcam.ts';
import type { Problem } from '../../../schemas/problem.ts';
import { sentence } from './wording.ts';

/** Why there is no answer, in sentences. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly title: string;
  readonly detail: string;
  /** The same picture may get an answer later. */
  readonly again: boolean;
  /** The server wants a key, or another one. */
  readonly wantsKey: boolean;
  /** Id of the request in the server's log, where it has one. */
  readonly requestId: string | undefined;

  constructor(title: string, detail: string, status?: number, requestId?: string) {
    super(title);
    this.title = sentence(title);
    this.detail = sentence(detail);
    this.again = status === undefined || status === 408 || status === 429 || status >= 500;
    this.wantsKey = status === 401;
    this.requestId = requestId;
  }
}

export interface Question {
  readonly image: Blob;
  /** The class to explain; without it the one with the highest score. */
  readonly label?: Label;
  readonly method: HeatmapMethod;
  /** How many similar cases are asked for. */
  readonly similar?: number;
  readonly key?: string;
  readonly signal: AbortSignal;
}

/**
 * Scores and heat map of a picture.
 *
 * @throws NoAnswer when there is none; DOMException `AbortError` when the signal fires
 */
export async function ask({
  image,
  label,
  method,
  similar,
  key,
  signal,
}: Question): Promise<GradcamResponse> {
  const query = new URLSearchParams({
    ...(label && { class: label }),
    ...(method !== 'grad-cam' && { method }),
    ...(similar && { similar: String(similar) }),
  });
  const url = query.size > 0 ? `gradcam?${query}` : 'gradcam';
  const headers = new Headers({
    Accept: 'application/json',
    // A file that calls itself multipart or JSON would be read as such; the server looks at the bytes.
    'Content-Type': 'application/octet-stream',
    // The page's own language, whatever the browser prefers.
    'Accept-Language': document.documentElement.lang,
  });
  if (key) headers.set('Authorization', `Bearer ${key}`);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { method: 'POST', body: image, headers, signal });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new NoAnswer(
      'The server could not be reached',
      'Check the connection, and that the file still exists, then try again',
    );
  }
  const body = parse(text);
  if (response.ok && isAnswer(body)) return body;
  if (isProblem(body)) {
    const id = body.instance?.split(':').at(-1);
    throw new NoAnswer(body.title, body.detail, response.status, id);
  }
  throw new NoAnswer(
    'The server gave no answer',
    `Something between this page and the server replied instead, with status ${response.status}`,
    response.ok ? undefined : response.status,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(body: unknown): body is GradcamResponse {
  return typeof body === 'object' && body !== null && 'predictions' in body && 'heatmap' in body;
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'title' in body &&
    typeof body.title === 'string' &&
    'detail' in body &&
    typeof body.detail === 'string'
  );
}
