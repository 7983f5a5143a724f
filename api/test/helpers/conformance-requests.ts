import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readImageHeader } from '@naevus/shared/image/header/read-image-header';
import sharp, { type Sharp } from 'sharp';
import { EXAMPLES } from '../../src/http/page/examples.ts';
import { dicomFile, SYNTAX } from './dicom-files.ts';
import { cornered, jpeg, plain, pngThatClaims, RED } from './pictures.ts';
import type { RequestBody } from './server-process.ts';

/** A request that every runtime answers alike. */
export interface SentRequest {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => RequestBody | Promise<RequestBody>;
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** A photo of a lesion, from the page's examples. */
export function lesion(index = 0): Uint8Array<ArrayBuffer> {
  const file = new URL(`../../src/http/page/examples/${EXAMPLES[index]!.id}.jpg`, import.meta.url);
  return new Uint8Array(readFileSync(file));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function predict(
  name: string,
  body: SentRequest['body'],
  rest: Partial<SentRequest> = {},
): SentRequest {
  return { name, method: 'POST', path: '/predict', ...(body && { body }), ...rest };
}

function form(...files: Uint8Array<ArrayBuffer>[]): FormData {
  const data = new FormData();
  for (const [i, file] of files.entries()) data.append('image', new Blob([file]), `${i}.jpg`);
  return data;
}

/** As mail programs write it (RFC 2046, section 5.1.1): what stands before the first boundary is ignored. */
function formAfterText(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const head =
    'This is a message in parts.\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
  return new Uint8Array(Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--b--\r\n')]));
}

/** Each is answered with 200. */
export const SOUND_REQUESTS: readonly SentRequest[] = [
  predict('a JPEG', () => lesion()),
  predict('the top three', () => lesion(1), { path: '/predict?top_k=3' }),
  predict('multipart', () => form(lesion(2))),
  predict('a batch as multipart', () => form(lesion(0), lesion(1))),
  predict('multipart that begins with text', () => formAfterText(lesion(2)), {
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
  }),
  predict('JSON', () => JSON.stringify({ image: base64(lesion()) }), { headers: JSON_TYPE }),
  predict(
    'a batch as JSON with a bad image',
    () => JSON.stringify({ images: [base64(lesion()), 'AAAA', '***'] }),
    { headers: JSON_TYPE },
  ),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
    predict(`a JPEG with EXIF orientation ${orientation}`, async () =>
      bytes(sharp(lesion()).resize(300, 200).withMetadata({ orientation }).jpeg({ quality: 95 })),
    ),
  ),
  predict('a lesion of three photos', () => form(lesion(0), lesion(1), lesion(2)), {
    path: '/lesion?age=63',
  }),
  predict(
    'a lesion as JSON with a bad photo',
    () => JSON.stringify({ images: [base64(lesion()), '***'], age: 41, site: 'back' }),
    { headers: JSON_TYPE, path: '/lesion' },
  ),
  predict('a FHIR report', () => lesion(1), {
    path: '/predict?age=63&site=back&subject=Patient/1',
    headers: { Accept: 'application/fhir+json' },
  }),
  predict('a FHIR report of a lesion', () => form(lesion(0), lesion(1)), {
    path: '/lesion',
    headers: { Accept: 'application/fhir+json' },
  }),
  predict('a patient', () => lesion(1), { path: '/predict?age=63&sex=female&site=66643007' }),
  predict('a PNG', async () => bytes(sharp(lesion()).png())),
  predict('an interlaced PNG of 16 bits', async () =>
    bytes(sharp(lesion(1)).toColourspace('rgb16').png({ progressive: true })),
  ),
  predict('a PNG with a palette', async () => bytes(sharp(lesion(2)).png({ palette: true }))),
  predict('a PNG with transparency', async () =>
    bytes(
      sharp(lesion(2))
        .resize(448, 336)
        .joinChannel(await sharp(lesion(1)).resize(448, 336).greyscale().raw().toBuffer(), {
          raw: { width: 448, height: 336, channels: 1 },
        })
        .png(),
    ),
  ),
  predict('a grey JPEG', async () => bytes(sharp(lesion(1)).greyscale().jpeg())),
  predict('a grey PNG with transparency', async () =>
    bytes(cornered().greyscale().ensureAlpha(0.5).png()),
  ),
  predict('a progressive JPEG', async () => bytes(sharp(lesion(1)).jpeg({ progressive: true }))),
  predict('a JPEG in Display P3', async () =>
    bytes(sharp(lesion(1)).withIccProfile('p3').jpeg({ quality: 95 })),
  ),
  predict('a PNG in Display P3', async () => bytes(sharp(lesion(1)).withIccProfile('p3').png())),
  predict('a WebP in Display P3', async () =>
    bytes(sharp(lesion(1)).withIccProfile('p3').webp({ lossless: true })),
  ),
  predict('a CMYK JPEG without a profile', async () =>
    bytes(sharp(lesion(1)).toColourspace('cmyk').jpeg({ quality: 95 })),
  ),
  predict('a strip', async () => bytes(sharp(lesion(1)).resize(600, 150, { fit: 'fill' }).png())),
  predict('a CMYK JPEG with its profile', async () =>
    bytes(sharp(lesion(1)).toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 95 })),
  ),
  predict('a DICOM file with a JPEG inside', () => dicomJpeg(), {
    path: '/predict?patient=dicom',
  }),
  predict('a WebP', async () => bytes(sharp(lesion()).webp())),
  predict('a lossless WebP with transparency', async () =>
    bytes(cornered().ensureAlpha(0.5).webp({ lossless: true })),
  ),
  predict('an animated WebP', async () =>
    bytes(sharp([await bytes(plain(RED).png()), lesion()], { join: { animated: true } }).webp()),
  ),
  predict('a JPEG of 12 megapixels', async () =>
    bytes(sharp(lesion()).resize(4000, 3000).jpeg({ quality: 85 })),
  ),
  predict('a PNG of 12 megapixels', async () =>
    bytes(sharp(lesion()).resize(4000, 3000, { kernel: 'nearest' }).png({ compressionLevel: 2 })),
  ),
  predict('a WebP of 12 megapixels', async () =>
    bytes(sharp(lesion()).resize(4000, 3000).webp({ quality: 80, effort: 0 })),
  ),
  {
    name: 'a heat map as JSON',
    method: 'POST',
    path: '/gradcam?class=mel',
    headers: { Accept: 'application/json' },
    body: () => lesion(),
  },
  { name: 'a heat map as PNG', method: 'POST', path: '/gradcam?alpha=0.7', body: () => lesion() },
  {
    name: 'a finer heat map as JSON, over four views',
    method: 'POST',
    path: '/gradcam?class=mel&method=dense-grad-cam&tta=4',
    headers: { Accept: 'application/json' },
    body: () => lesion(1),
  },
  {
    name: 'a heat map as PNG with a legend',
    method: 'POST',
    path: '/gradcam?legend=true&class=bkl',
    body: () => lesion(2),
  },
  predict('over eight views', () => lesion(), { path: '/predict?tta=8' }),
  { name: 'the model', method: 'GET', path: '/model' },
  { name: 'liveness', method: 'GET', path: '/health/live' },
  { name: 'readiness', method: 'GET', path: '/health/ready' },
  { name: 'the description', method: 'GET', path: '/openapi.json' },
  { name: 'the documentation', method: 'GET', path: '/docs' },
];

/** Each is answered with a problem. */
export const BROKEN_REQUESTS: readonly (SentRequest & { readonly status: number })[] = [
  { ...predict('an empty body', () => ''), status: 400 },
  { ...predict('broken JSON', () => '{', { headers: JSON_TYPE }), status: 400 },
  { ...predict('JSON without an image', () => '{}', { headers: JSON_TYPE }), status: 400 },
  {
    ...predict('both image and images', () => '{"image":"AA==","images":[]}', {
      headers: JSON_TYPE,
    }),
    status: 400,
  },
  { ...predict('bad base64', () => '{"image":"a*b"}', { headers: JSON_TYPE }), status: 400 },
  {
    ...predict('a form without the field', () => new FormData(), {}),
    status: 400,
  },
  {
    ...predict('a form that is none', () => 'x', {
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    }),
    status: 400,
  },
  {
    ...predict('33 images', () => JSON.stringify({ images: Array(33).fill('AA==') }), {
      headers: JSON_TYPE,
    }),
    status: 400,
  },
  { ...predict('a misspelt name', () => lesion(), { path: '/predict?stric=true' }), status: 400 },
  { ...predict('top_k of 8', () => lesion(), { path: '/predict?top_k=8' }), status: 400 },
  { ...predict('a class that is none', () => lesion(), { path: '/gradcam?class=x' }), status: 400 },
  { ...predict('three views', () => lesion(), { path: '/predict?tta=3' }), status: 400 },
  {
    ...predict('a method that is none', () => lesion(), { path: '/gradcam?method=x' }),
    status: 400,
  },
  { ...predict('alpha of 2', () => lesion(), { path: '/gradcam?alpha=2' }), status: 400 },
  { name: 'an unknown route', method: 'GET', path: '/none', status: 404 },
  { name: 'a wrong method', method: 'DELETE', path: '/predict', status: 405 },
  {
    ...predict('no acceptable type', () => lesion(), { headers: { Accept: 'text/csv' } }),
    status: 406,
  },
  { ...predict('11 MiB', () => new Uint8Array(11 << 20)), status: 413 },
  { ...predict('text', () => 'this is no image at all'), status: 415 },
  {
    ...predict('a compressed body', () => new Uint8Array(gzipSync(lesion())), {
      headers: { 'Content-Encoding': 'gzip' },
    }),
    status: 400,
  },
  {
    ...predict('a compressed body, untold', () => new Uint8Array(gzipSync(lesion()))),
    status: 415,
  },
  {
    ...predict('JSON, untold', () => JSON.stringify({ image: base64(lesion()) }), {
      headers: { 'Content-Type': 'application/octet-stream' },
    }),
    status: 415,
  },
  { ...predict('a GIF', () => 'GIF89a......................'), status: 415 },
  { ...predict('a JPEG cut off', () => lesion().slice(0, 9000)), status: 422 },
  { ...predict('a JPEG cut off in its header', () => lesion().slice(0, 100)), status: 422 },
  {
    ...predict('a PNG cut off', async () => (await bytes(sharp(lesion()).png())).slice(0, 20_000)),
    status: 422,
  },
  {
    ...predict('a WebP cut off', async () => (await bytes(sharp(lesion()).webp())).slice(0, 4000)),
    status: 422,
  },
  {
    ...predict('a WebP with a changed bit', async () => {
      const file = await bytes(sharp(lesion()).webp({ quality: 95 }));
      file[file.length >> 1]! ^= 0x10;
      return file;
    }),
    status: 422,
  },
  {
    ...predict('a PNG with a broken checksum', async () => {
      const file = await bytes(sharp(lesion()).png());
      file[20_000]! ^= 0xff;
      return file;
    }),
    status: 422,
  },
  {
    ...predict('a monochrome DICOM file', () =>
      dicomFile({
        ...{ width: 64, height: 48, photometric: 'MONOCHROME2', samples: 1 },
        pixels: new Uint8Array(64 * 48),
      }),
    ),
    status: 422,
  },
  { ...predict('a DICOM file cut off', () => dicomJpeg().slice(0, 2000)), status: 422 },
  { ...predict('a picture of 31 pixels', () => jpeg(RED, 31, 40)), status: 422 },
  { ...predict('too many pixels', () => pngThatClaims(6000, 5000)), status: 422 },
  {
    ...predict('a batch of nothing but bad images', () => '{"images":["AAAA","BBBB"]}', {
      headers: JSON_TYPE,
    }),
    status: 422,
  },
];

/** An example in a DICOM file, of a woman of 63. */
function dicomJpeg(): Uint8Array<ArrayBuffer> {
  const elements = [[0x00101010, 'AS', '063Y'] as const, [0x00100040, 'CS', 'F'] as const];
  const file = lesion(1);
  const { width, height } = readImageHeader(file);
  const photometric = 'YBR_FULL_422';
  const pixels = [file];
  return dicomFile({ width, height, transferSyntax: SYNTAX.jpeg, photometric, pixels, elements });
}

async function bytes(image: Sharp): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await image.toBuffer());
}
