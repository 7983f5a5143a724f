import { ProblemError } from '../../answers/problem-error.ts';

/** How much of a body is inspected. */
const SNIFFED_BYTES = 1024;

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
