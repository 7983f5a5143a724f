import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { Base64Error, decodeBase64 } from '../src/answers/base64.ts';
import { ProblemError } from '../src/answers/problem-error.ts';
import type { Limits } from '../src/answers/request-limits.ts';
import type { AppEnv } from '../src/http/context/app-env.ts';
import { BodyBudget } from '../src/http/request/body-budget.ts';
import { parseCutJson } from '../src/http/request/cut-json.ts';
import type { BodyDependencies } from '../src/http/request/read-body.ts';
import { readUpload } from '../src/http/request/upload.ts';
import { readInferRequest } from '../src/http/v2/infer-request.ts';

// On a loaded machine fewer cases, not a failure.
fc.configureGlobal({ interruptAfterTimeLimit: 8000 });

/** Of a version with HAM10000's classes. */
const readAnyInferRequest = (c: Parameters<typeof readUpload>[0], deps: BodyDependencies) =>
  readInferRequest(c, deps, HAM10000);

const LIMITS: Limits = {
  maxBodyBytes: 2 ** 20,
  maxPixels: 1_000_000,
  maxBatch: 4,
  timeoutSeconds: 30,
};

/** Lets a parser read a request; gives what it read, or the problem that it told. */
async function read<T>(
  parser: (c: Parameters<typeof readUpload>[0], deps: BodyDependencies) => Promise<T>,
  body: Uint8Array | string,
  headers: Record<string, string>,
): Promise<T | ProblemError> {
  let result: T | ProblemError | undefined;
  const app = new Hono<AppEnv>();
  const bodies = new BodyBudget({ bytes: 2 ** 21, largeBytes: 2 ** 21, waitSeconds: 0 });
  app.post('/', async (c) => {
    result = await parser(c, { limits: LIMITS, bodies });
    return c.body(null);
  });
  app.onError((error, c) => {
    if (!(error instanceof ProblemError)) throw error;
    result = error;
    return c.body(null);
  });
  await app.request('/', { method: 'POST', body: body as Uint8Array<ArrayBuffer>, headers });
  if (result instanceof ProblemError) {
    expect(result.status).toBeGreaterThanOrEqual(400);
    expect(result.status).toBeLessThan(500);
    expect(result.message.length).toBeLessThan(1000);
  }
  return result!;
}

const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('base64', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const decoded = decodeBase64(Buffer.from(bytes).toString('base64'));
        expect(decoded).toEqual(bytes);
        expect(decoded.buffer.byteLength).toBe(bytes.length);
      }),
    );
  });

  it('of any text is what atob says, or an error where atob has one', () => {
    const alphabet = fc.constantFrom(...'AZaz09+/= \n\t-_é\u{10000}');
    const text = fc.oneof(fc.string({ unit: alphabet }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(text, (encoded) => {
        let expected: string | undefined;
        try {
          expected = atob(encoded);
        } catch {
          expect(() => decodeBase64(encoded)).toThrow(Base64Error);
          return;
        }
        expect(Buffer.from(decodeBase64(encoded)).toString('latin1')).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

const parseWhole = (bytes: Uint8Array, maxValues: number) =>
  parseCutJson(bytes, { cuts: () => false, maxValues }).value;

describe('JSON', () => {
  it('of any value comes back, or is refused for what it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        const bytes = new TextEncoder().encode(JSON.stringify(value));
        expect(parseWhole(bytes, 100_000)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        try {
          parseWhole(bytes, 100);
        } catch (error) {
          expect(error).toBeInstanceOf(ProblemError);
        }
      }),
    );
  });
});

describe('a form', () => {
  it.each([
    ['a header', '--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1\r\n--x--\r\n'],
    [
      'a field',
      '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n1\r\n' +
        '--x\r\nContent-Disposition: form-data; name="age"\r\n\r\n\xff\r\n--x--\r\n',
    ],
  ])('whose text in %s is not UTF-8 is refused', async (_, body) => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
    const result = await read(readUpload, Uint8Array.from(Buffer.from(body, 'latin1')), headers);
    expect(result).toBeInstanceOf(ProblemError);
  });

  const part = fc.record({
    name: fc.constantFrom('image', 'note', '', '__proto__'),
    filename: fc.option(fc.constantFrom('a.jpg', '../a', 'ü'), { nil: undefined }),
    content: anyBytes,
  });

  it('gives the files that were put in, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
        const form = new FormData();
        for (const { name, filename, content } of parts) {
          if (filename === undefined) form.append(name, 'text');
          else form.append(name, new Blob([content]), filename);
        }
        const request = new Request('http://localhost', { method: 'POST', body: form });
        const body = new Uint8Array(await request.arrayBuffer());
        const result = await read(readUpload, body, {
          'Content-Type': request.headers.get('Content-Type')!,
        });
        const images = parts.filter(({ name }) => name === 'image');
        const whole = images.every(({ filename }) => filename !== undefined);
        if (images.length === 0 || images.length > LIMITS.maxBatch || !whole) {
          expect(result).toBeInstanceOf(ProblemError);
        } else if (images.length > 1) {
          const files = images.map(({ content }) =>
            content.length > 0 ? content : expect.any(ProblemError),
          );
          expect(result).toEqual({ batch: true, images: files, fields: {} });
        } else if (images[0]!.content.length > 0) {
          expect(result).toEqual({ batch: false, image: images[0]!.content, fields: {} });
        }
      }),
    );
  });

  it('of any bytes is read or refused', async () => {
    const piece = fc.oneof(
      anyBytes.map((bytes) => Buffer.from(bytes).toString('latin1')),
      fc.constantFrom(
        '--x',
        '--x--',
        '\r\n',
        '\r\n\r\n',
        'Content-Disposition: form-data; name="image"; filename="a"',
        "Content-Disposition: form-data; name*=utf-8''%ff; filename*=x''%",
        'Content-Type: multipart/mixed; boundary=x',
        'Content-Transfer-Encoding: base64',
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.constantFrom('x', '"x"', '', 'x; boundary=y', '"'),
        async (pieces, boundary) => {
          const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
          await read(readUpload, Buffer.from(pieces.join(''), 'latin1'), headers);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('an inference request', () => {
  const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.double(), fc.constant('1'));
  const parameters = fc.option(
    fc.dictionary(
      fc.constantFrom('binary_data_size', 'binary_data', 'binary_data_output', 'class', 'x'),
      fc.oneof(number, fc.boolean(), fc.constantFrom('mel', null)),
    ),
    { nil: undefined },
  );
  const input = fc.record({
    name: fc.constantFrom('image', 'other'),
    datatype: fc.constantFrom('BYTES', 'UINT8', 'FP32', ''),
    shape: fc.array(fc.oneof(number, fc.constantFrom(1, 3, 224)), { maxLength: 5 }),
    parameters,
    data: fc.option(fc.oneof(fc.array(fc.jsonValue({ maxDepth: 2 })), fc.jsonValue()), {
      nil: undefined,
    }),
  });
  const request = fc.record({
    id: fc.option(fc.oneof(fc.string(), number), { nil: undefined }),
    parameters,
    inputs: fc.oneof(
      { weight: 9, arbitrary: fc.array(input, { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    outputs: fc.option(
      fc.array(fc.record({ name: fc.constantFrom('label', 'no', '__proto__'), parameters })),
      { nil: undefined },
    ),
  });

  it('is read or refused, whatever is in its JSON and behind it', async () => {
    await fc.assert(
      fc.asyncProperty(
        request,
        anyBytes,
        fc.integer({ min: -1, max: 3 }),
        async (json, tail, off) => {
          const head = Buffer.from(JSON.stringify(json));
          const body = Buffer.concat([head, tail]);
          await read(readAnyInferRequest, body, {
            'Inference-Header-Content-Length': String(head.length + (off > 0 ? off : 0)),
          });
          await read(readAnyInferRequest, head, {});
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives the files of a BYTES tensor, byte for byte', async () => {
    const files = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), {
      minLength: 1,
      maxLength: LIMITS.maxBatch,
    });
    await fc.assert(
      fc.asyncProperty(files, async (images) => {
        const tensor = Buffer.concat(
          images.flatMap((image) => {
            const length = Buffer.alloc(4);
            length.writeUInt32LE(image.length);
            return [length, image];
          }),
        );
        const head = { name: 'image', datatype: 'BYTES', shape: [images.length] };
        const json = Buffer.from(
          JSON.stringify({
            inputs: [{ ...head, parameters: { binary_data_size: tensor.length } }],
          }),
        );
        const result = await read(readAnyInferRequest, Buffer.concat([json, tensor]), {
          'Inference-Header-Content-Length': String(json.length),
        });
        expect(result).toMatchObject({ images });
        // Cut anywhere, it is refused: nothing is read that did not come.
        const cut = await read(readAnyInferRequest, Buffer.concat([json, tensor]).subarray(0, -1), {
          'Inference-Header-Content-Length': String(json.length),
        });
        expect(cut).toBeInstanceOf(ProblemError);
      }),
    );
  });
});
