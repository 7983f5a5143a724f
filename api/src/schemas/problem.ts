import * as z from 'zod';
import { PROBLEM_TYPE_PREFIX } from './wire-names.ts';

/**
 * Everything that can go wrong with a request, by the name that its `type` ends with.
 * RFC 9457, "Problem Details for HTTP APIs".
 */
export const PROBLEMS = {
  'bad-request': { status: 400, title: 'Request not understood' },
  'empty-body': { status: 400, title: 'Empty body' },
  'malformed-body': { status: 400, title: 'Body cannot be parsed' },
  'invalid-body': { status: 400, title: 'Body has the wrong members' },
  'invalid-base64': { status: 400, title: 'Not base64' },
  'empty-image': { status: 400, title: 'Empty image' },
  'too-many-images': { status: 400, title: 'Too many images' },
  'invalid-query': { status: 400, title: 'Query parameter unknown or out of its range' },
  unauthorized: { status: 401, title: 'Key missing or wrong' },
  forbidden: { status: 403, title: 'Key not allowed here' },
  'not-found': { status: 404, title: 'No such route' },
  'no-such-job': { status: 404, title: 'No such job' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'No acceptable type' },
  'request-timeout': { status: 408, title: 'Body came too slowly' },
  'job-not-complete': { status: 409, title: 'Job not complete' },
  'precondition-failed': { status: 412, title: 'Another version of the file' },
  'body-too-large': { status: 413, title: 'Body too large' },
  'unsupported-format': { status: 415, title: 'Unsupported image format' },
  'range-not-satisfiable': { status: 416, title: 'No such bytes in the file' },
  'damaged-image': { status: 422, title: 'Damaged image' },
  'image-too-small': { status: 422, title: 'Image too small' },
  'too-many-pixels': { status: 422, title: 'Image too large' },
  'unsupported-colours': { status: 422, title: 'Unsupported colour space' },
  'all-images-failed': { status: 422, title: 'No image of the batch could be read' },
  abstained: { status: 422, title: 'No answer for this image' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'header-too-large': { status: 431, title: 'Request header too large' },
  internal: { status: 500, title: 'Internal error' },
  busy: { status: 503, title: 'Too busy' },
  interrupted: { status: 503, title: 'Interrupted' },
  draining: { status: 503, title: 'Shutting down' },
  'not-configured': { status: 503, title: 'Not configured' },
  'no-model': { status: 503, title: 'No model' },
  timeout: { status: 504, title: 'Took too long' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

const types = Object.keys(PROBLEMS).map((kind) => `${PROBLEM_TYPE_PREFIX}${kind}`);

/** What every answer with a status of 400 and above holds, on every runtime. */
export const problemSchema = z
  .looseObject({
    type: z.enum(types).meta({ description: 'What went wrong, for programs.' }),
    title: z.string().meta({ description: 'What went wrong, the same for every request.' }),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What was wrong with this request, and what to do.' }),
    instance: z.string().regex(/^urn:naevus:request:[A-Za-z0-9._-]{1,64}$/),
  })
  .meta({
    id: 'Problem',
    description: 'A problem document (RFC 9457).',
    examples: [
      {
        type: `${PROBLEM_TYPE_PREFIX}unsupported-format`,
        title: PROBLEMS['unsupported-format'].title,
        status: 415,
        detail: 'the first bytes look like GIF; JPEG, PNG, WebP, HEIC, AVIF and DICOM are read',
        instance: 'urn:naevus:request:7c0f6a0e-5d5e-4f0e-9d3e-2f6b0a6f8c11',
      },
    ],
  });

export type Problem = z.infer<typeof problemSchema>;
