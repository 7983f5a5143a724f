import { misspeltNames } from '@naevus/shared/validation/nearest-name';
import {
  getMultipartBoundary,
  MaxPartsExceededError,
  type MultipartPart,
  parseMultipart,
} from '@remix-run/multipart-parser';
import type { Context } from 'hono';
import { Base64Error, decodeBase64 } from '../../answers/base64.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { Limits } from '../../answers/request-limits.ts';
import { BODY_PARAMETERS, imagesBodySchema } from '../../schemas/request.ts';
import type { AppEnv } from '../context/app-env.ts';
import { type BodyParser, runParserHere } from '../context/body-parser.ts';
import { checkBody } from './check-body.ts';
import {
  arrayElements,
  isArray,
  parseCutJson,
  type Span,
  sameKind,
  stringBytes,
} from './cut-json.ts';
import { preambleLength } from './multipart-preamble.ts';
import { type BodyDependencies, readBody } from './read-body.ts';

/** Values of a JSON body, members that are not known included. */
const MAX_VALUES = 10_000;

/** Fields of a form beside its images. */
const MAX_OTHER_PARTS = 100;

/** How much of a raw body is inspected for what else it may be. */
const SNIFFED_BYTES = 1024;

type ImageFile = Uint8Array<ArrayBuffer>;

/** What a form or a JSON body says beside its images: parameters as text, by their names. */
export type BodyFields = Readonly<Record<string, string>>;

const NO_FIELDS: BodyFields = Object.freeze({});

/** The image files of a request, in the order sent; in a batch each may have its own problem. */
export type Upload = { readonly fields: BodyFields } & (
  | { readonly batch: false; readonly image: ImageFile }
  | { readonly batch: true; readonly images: readonly (ImageFile | ProblemError)[] }
);

/**
 * Takes the images out of a request: a raw body, multipart fields `image`, or JSON.
 * The content type only tells these three apart; what an image is, its first bytes say.
 *
 * @throws ProblemError for everything that is wrong with the request as a whole
 */
export async function readUpload(c: Context<AppEnv>, deps: BodyDependencies): Promise<Upload> {
  const { limits } = deps;
  const contentType = c.req.header('Content-Type') ?? '';
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const body = await readBody(c, deps);
  if (mediaType === 'multipart/form-data') return readMultipart(body, contentType, limits);
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    return (deps.runParser ?? runParserHere)(JSON_UPLOAD, body, limits);
  }
  refuseOtherBodies(body);
  return { batch: false, image: body, fields: NO_FIELDS };
}

/**
 * Says what is to be done about a raw body that is no image, but in a form which another header would make readable.
 *
 * @throws ProblemError `unsupported-format`
 */
export function refuseOtherBodies(body: Uint8Array): void {
  const start = String.fromCharCode(...body.subarray(0, SNIFFED_BYTES));
  const hint = hintFor(start);
  if (hint !== undefined) throw new ProblemError('unsupported-format', hint);
}

function hintFor(start: string): string | undefined {
  if (start.startsWith('\x1f\x8b')) {
    return 'the body is compressed with gzip; send the image itself, without compression';
  }
  if (/^\s*(\xef\xbb\xbf)?\s*\{\s*"/.test(start)) {
    return 'the body looks like JSON, but its Content-Type does not say so; send the header "Content-Type: application/json"';
  }
  if (/^\s*--\S+\r\nContent-Disposition: *form-data/i.test(start)) {
    return 'the body looks like a form, but its Content-Type does not say so; send the header "Content-Type: multipart/form-data; boundary=…" (curl does with -F image=@photo.jpg)';
  }
  if (/^\s*data:image\//i.test(start)) {
    return 'the body looks like a data: URL; send the bytes of the image, or JSON {"image": "data:…"} with the header "Content-Type: application/json"';
  }
  return undefined;
}

function readMultipart(body: ImageFile, contentType: string, limits: Limits): Upload {
  const parts = formParts(body, contentType, limits);
  const images = parts.filter((part) => part.name === 'image');
  if (images.length === 0) {
    throw new ProblemError('invalid-body', 'the form has no field named "image"');
  }
  checkBatch(images.length, limits);
  if (!images.every((part) => part.isFile)) {
    const detail = 'a field named "image" is not a file; with curl: -F image=@photo.jpg';
    throw new ProblemError('invalid-body', detail);
  }
  const fields = formFields(parts);
  const files = images.map((part) => emptyAsProblem(part.bytes as ImageFile));
  return files.length > 1
    ? { batch: true, images: files, fields }
    : { batch: false, image: orThrow(files[0]!), fields };
}

function formFields(parts: readonly MultipartPart[]): BodyFields {
  refuseMisspelt(
    parts.map(({ name }) => name ?? ''),
    'the form',
  );
  const fields: Record<string, string> = {};
  for (const name of BODY_PARAMETERS) {
    const [part, ...more] = parts.filter((one) => one.name === name);
    if (part === undefined) continue;
    if (more.length > 0 || part.isFile) {
      const detail = `the field "${name}" must be sent once, as text`;
      throw new ProblemError('invalid-body', detail);
    }
    fields[name] = fieldText(part, name);
  }
  return fields;
}

/**
 * Names that mean nothing here are ignored, but a misspelt parameter would be answered as if it were not there.
 *
 * @throws ProblemError `invalid-body` naming the parameter that was most likely meant
 */
function refuseMisspelt(names: readonly string[], place: string): void {
  const faults = misspeltNames(names, BODY_PARAMETERS, 'parameter');
  if (faults.length > 0) throw new ProblemError('invalid-body', `${place}: ${faults.join('; ')}`);
}

function fieldText(part: MultipartPart, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(part.bytes);
  } catch {
    throw new ProblemError('invalid-body', `the field "${name}" is not UTF-8 text`);
  }
}

/** Not by `FormData`: its parsers take seconds for a body of headers, and one cannot stop them. */
function formParts(
  body: ImageFile,
  contentType: string,
  { maxBodyBytes, maxBatch }: Limits,
): MultipartPart[] {
  const maxParts = maxBatch + MAX_OTHER_PARTS;
  try {
    const boundary = getMultipartBoundary(contentType) ?? '';
    const limits = { maxParts, maxFileSize: maxBodyBytes, maxTotalSize: maxBodyBytes };
    const form = body.subarray(preambleLength(body, boundary));
    const parts = [...parseMultipart(form, { boundary, ...limits })];
    // Headers are decoded when they are first read, and throw where they are not UTF-8.
    for (const part of parts) part.headers;
    return parts;
  } catch (error) {
    if (error instanceof MaxPartsExceededError) {
      throw new ProblemError('invalid-body', `a form may have ${maxParts} fields`);
    }
    const detail = 'the body is not multipart/form-data with the boundary that its header names';
    throw new ProblemError('malformed-body', detail);
  }
}

/** A JSON body with its images as base64. */
export const JSON_UPLOAD: BodyParser<[limits: Limits], Upload> = {
  name: 'json-upload',
  parse(body, limits) {
    const { value, cut } = parseCutJson(body, {
      cuts: (depth, name) => depth === 1 && (name === 'image' || name === 'images'),
      maxValues: MAX_VALUES,
    });
    const spans = cutImages(body, value, cut);
    const data = checkBody(spans.standIn, imagesBodySchema);
    refuseMisspelt(Object.keys(value as object), 'the body');
    const fields = Object.fromEntries(
      Object.entries(data)
        .filter(([name, field]) => BODY_PARAMETERS.includes(name) && field !== undefined)
        .map(([name, field]) => [name, String(field)]),
    );
    const decode = (span: Span) => decodeBase64Image(stringBytes(body, span)!);
    if (data.images === undefined) {
      return { batch: false, image: orThrow(decode(spans.image!)), fields };
    }
    checkBatch(spans.images.length, limits);
    return { batch: true, images: spans.images.map(decode), fields };
  },
};

/** Where the images of a body are, and the body with a value of the same kind in place of each. */
function cutImages(body: Uint8Array, value: unknown, cut: readonly Span[]) {
  const spanOf = (name: string): Span | undefined => {
    const index: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    return typeof index === 'number' ? cut[index] : undefined;
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { standIn: value, images: [] };
  }
  const image = spanOf('image');
  const list = spanOf('images');
  const images = list && isArray(body, list) ? arrayElements(body, list, MAX_VALUES) : [];
  const standIn = {
    ...value,
    ...(image && { image: sameKind(body, image) }),
    ...(list && {
      images: isArray(body, list) ? images.map((one) => sameKind(body, one)) : sameKind(body, list),
    }),
  };
  return { standIn, image, images };
}

/** @throws ProblemError `too-many-images` */
export function checkBatch(count: number, { maxBatch }: Limits): void {
  if (count <= maxBatch) return;
  const detail = `${count} images came; a batch may have ${maxBatch}`;
  throw new ProblemError('too-many-images', detail);
}

const DATA_URL = /^data:[^,]{0,200};base64,/i;
const LONGEST_DATA_URL_START = 220;

/** The file in the characters of a text of base64 or a data: URL, or what is wrong with the text. */
export function decodeBase64Image(text: Uint8Array): ImageFile | ProblemError {
  const start = String.fromCharCode(...text.subarray(0, LONGEST_DATA_URL_START));
  const prefix = DATA_URL.exec(start)?.[0] ?? '';
  if (/^data:/i.test(start) && prefix === '') {
    const detail = 'a data: URL of an image reads data:image/jpeg;base64,…';
    return new ProblemError('invalid-base64', detail);
  }
  try {
    return emptyAsProblem(decodeBase64(text.subarray(prefix.length)));
  } catch (error) {
    if (!(error instanceof Base64Error)) throw error;
    return new ProblemError('invalid-base64', `the image is not base64: ${error.message}`);
  }
}

/** A file as it is, or the problem that it has no bytes. */
export function emptyAsProblem(file: ImageFile): ImageFile | ProblemError {
  return file.length > 0 ? file : new ProblemError('empty-image', 'the image has no bytes');
}

function orThrow(file: ImageFile | ProblemError): ImageFile {
  if (file instanceof ProblemError) throw file;
  return file;
}
