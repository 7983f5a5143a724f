import { fill } from '../../../language/page/fill.ts';
import type { GradcamResponse } from '../../../schemas/gradcam.ts';
import type { LesionResponse } from '../../../schemas/lesion.ts';
import type { Problem } from '../../../schemas/problem.ts';
import type { HeatmapAnswer, Query } from './device-messages.ts';
import { NoAnswer } from './no-answer.ts';
import { language, texts } from './texts.ts';

export interface Asking {
  readonly query: Query;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
}

/** A file that calls itself multipart or JSON would be read as such; the server looks at the bytes. */
const BYTES = 'application/octet-stream';

/**
 * Scores and heat map of a photo, from the server.
 *
 * @throws NoAnswer when there is none; DOMException `AbortError` when the signal fires
 */
export async function askHeatmap(photo: Blob, asking: Asking): Promise<HeatmapAnswer> {
  const type = { 'Content-Type': BYTES };
  const { overlay: _, ...answer } = await post('gradcam', photo, asking, isGradcam, type);
  return answer;
}

/**
 * One answer to the photos of a lesion, from the server.
 *
 * @throws as {@link askHeatmap}
 */
export async function askLesion(photos: readonly Blob[], asking: Asking): Promise<LesionResponse> {
  const form = new FormData();
  for (const photo of photos) form.append('image', photo.slice(0, photo.size, BYTES));
  return post('lesion', form, asking, isLesion);
}

async function post<A>(
  path: string,
  body: Blob | FormData,
  { query, key, signal }: Asking,
  isAnswer: (body: unknown) => body is A,
  type: Readonly<Record<string, string>> = {},
): Promise<A> {
  const search = new URLSearchParams(query);
  const headers = new Headers({
    ...type,
    Accept: 'application/json',
    // The page's own language, whatever the browser prefers.
    'Accept-Language': language,
  });
  if (key) headers.set('Authorization', `Bearer ${key}`);
  let response: Response;
  let text: string;
  try {
    const url = search.size > 0 ? `${path}?${search}` : path;
    response = await fetch(url, { method: 'POST', body, headers, signal });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new NoAnswer(texts.problems.unreachable, texts.problems.unreachableDetail);
  }
  const answer = parse(text);
  if (response.ok && isAnswer(answer)) return answer;
  const { status } = response;
  if (isProblem(answer)) {
    const requestId = answer.instance?.split(':').at(-1);
    const more = { status, language: 'en', ...(requestId && { requestId }) };
    throw new NoAnswer(answer.title, answer.detail, more);
  }
  throw new NoAnswer(
    texts.problems.noReply,
    fill(texts.problems.noReplyDetail, { status }),
    response.ok ? {} : { status },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isGradcam(body: unknown): body is GradcamResponse {
  return isAnswered(body) && 'heatmap' in body;
}

function isLesion(body: unknown): body is LesionResponse {
  return isAnswered(body) && 'images' in body;
}

/** Scores, and what they are not good for: without that, the page does not show them. */
function isAnswered(body: unknown): body is object {
  return typeof body === 'object' && body !== null && 'predictions' in body && 'limits' in body;
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
