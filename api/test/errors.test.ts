import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS, type ProblemKind, problemSchema } from '../src/schemas/problem.ts';
import { PROBLEM_MEDIA_TYPE } from '../src/schemas/wire-names.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg, plain, pngThatClaims, RED } from './helpers/pictures.ts';
import { exchange, postChunked } from './helpers/raw-http.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let photo: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
  photo = await jpeg();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

function form(...fields: [name: string, value: string | Uint8Array<ArrayBuffer>][]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, new Blob([value]), 'photo.jpg');
  }
  return data;
}

/** Holds an answer against the table, and the server against its promise to go on. */
async function expectProblem(response: Response, kind: ProblemKind): Promise<string> {
  const problem = problemSchema.parse(await response.json());
  const id = response.headers.get('X-Request-Id');
  expect(problem).toMatchObject({
    type: `urn:naevus:problem:${kind}`,
    title: PROBLEMS[kind].title,
    status: PROBLEMS[kind].status,
    instance: `urn:naevus:request:${id}`,
  });
  expect(response.status).toBe(problem.status);
  expect(response.headers.get('Content-Type')).toBe(PROBLEM_MEDIA_TYPE);
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  expect(JSON.stringify(problem)).not.toMatch(
    /node_modules|\.[tj]s:\d|at \w+ \(|\/tmp|sharp|vips|onnx|zod/i,
  );
  const next = await server.post('/predict', photo);
  expect(next.status).toBe(200);
  return problem.detail;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('400', () => {
  it.each(['/predict', '/gradcam'])('an empty body to %s', async (path) => {
    await expectProblem(await server.post(path, ''), 'empty-body');
    await expectProblem(await fetch(server.url + path, { method: 'POST' }), 'empty-body');
  });

  it.each([
    ['no boundary', 'multipart/form-data', 'whatever'],
    ['another boundary', 'multipart/form-data; boundary=x', '--y\r\n\r\n--y--'],
    [
      'cut off',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
    ],
  ])('multipart that is broken: %s', async (_, type, body) => {
    await expectProblem(
      await server.post('/predict', body, { 'Content-Type': type }),
      'malformed-body',
    );
  });

  it('a form without a file named image', async () => {
    await expectProblem(await server.post('/predict', form(['photo', photo])), 'invalid-body');
    await expectProblem(await server.post('/predict', form(['image', 'text'])), 'invalid-body');
  });

  it.each([
    '{',
    '',
    'null',
    '[]',
    '"AA=="',
    '{}',
    '{"image": 1}',
    '{"images": "AA=="}',
    '{"images": []}',
    '{"images": ["AA==", 5]}',
  ])('JSON %j', async (body) => {
    const response = await server.post('/predict', body, { 'Content-Type': 'application/json' });
    const broken = body === '{' ? 'malformed-body' : body === '' ? 'empty-body' : 'invalid-body';
    await expectProblem(response, broken);
  });

  it('JSON that is not UTF-8', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    const response = await server.post('/predict', body, { 'Content-Type': 'application/json' });
    await expectProblem(response, 'malformed-body');
  });

  it('image together with images', async () => {
    const response = await server.postJson('/predict', {
      image: base64(photo),
      images: [base64(photo)],
    });
    await expectProblem(response, 'invalid-body');
  });

  it.each(['not base64!', 'data:image/jpeg,abc', 'A'])('base64 %j', async (image) => {
    await expectProblem(await server.postJson('/predict', { image }), 'invalid-base64');
  });

  it.each(['', 'data:image/jpeg;base64,'])('an image without bytes: %j', async (image) => {
    await expectProblem(await server.postJson('/predict', { image }), 'empty-image');
  });

  it('a file without bytes', async () => {
    await expectProblem(
      await server.post('/predict', form(['image', new Uint8Array()])),
      'empty-image',
    );
  });

  it.each([
    ['/predict?top_k=0', /top_k.*1 to 7/],
    ['/predict?top_k=8', /top_k.*1 to 7/],
    ['/predict?top_k=two', /top_k.*1 to 7/],
    ['/predict?top_k=', /top_k.*1 to 7/],
    ['/predict?top_k=1&top_k=2', /top_k.*once/],
    ['/gradcam?alpha=1.1', /alpha.*0 to 1/],
    ['/gradcam?alpha=-1', /alpha.*0 to 1/],
    ['/gradcam?class=melanoma', /class.*akiec, bcc, bkl, df, mel, nv, vasc/],
    ['/predict?tta=3', /tta.*one of 1, 2, 4, 8/],
    ['/gradcam?tta=0', /tta.*one of 1, 2, 4, 8/],
    ['/gradcam?method=layercam', /method.*grad-cam, dense-grad-cam/],
    ['/gradcam?legend=yes', /legend.*true or false/],
    ['/gradcam?class=x&alpha=y', /class.*alpha/],
    ['/predict?stric=true', /no query parameter "stric"; did you mean "strict"\?/],
    ['/gradcam?clas=mel', /"clas"; did you mean "class"\?/],
    ['/lesion?Coverage=0.9', /"Coverage"; did you mean "coverage"\?/],
    ['/predict?utm_source=x', /"utm_source"; there are top_k, tta, version, prior, /],
    ['/predict?alpha=0.5', /"alpha"; there are top_k/],
    ['/predict?stric=true&tta=3', /"strict".*tta must be/],
    ['/predict?__proto__=1', /"__proto__"/],
  ])('%s', async (path, rule) => {
    expect(await expectProblem(await server.post(path, photo), 'invalid-query')).toMatch(rule);
  });

  it('a misspelt name where a model is asked for', async () => {
    const response = await fetch(`${server.url}/model?versoin=0.0.1`);
    expect(await expectProblem(response, 'invalid-query')).toMatch(/did you mean "version"\?/);
  });

  it('a misspelt name in a body', async () => {
    const image = base64(photo);
    for (const path of ['/predict', '/gradcam', '/lesion']) {
      const json = await server.postJson(path, { image, aeg: 60 });
      expect(await expectProblem(json, 'invalid-body')).toMatch(/"aeg"; did you mean "age"\?/);
      const fields = form(['image', photo], ['operatingpoint', 'specificity-90']);
      const sent = await server.post(path, fields);
      expect(await expectProblem(sent, 'invalid-body')).toMatch(/did you mean "operating_point"\?/);
    }
  });

  it('too many images', async () => {
    const images = Array.from({ length: 33 }, () => base64(photo));
    expect(
      await expectProblem(await server.postJson('/predict', { images }), 'too-many-images'),
    ).toMatch(/33.*32/);
    const fields = images.map((): [string, Uint8Array<ArrayBuffer>] => ['image', photo]);
    await expectProblem(await server.post('/predict', form(...fields)), 'too-many-images');
  });

  it('a batch to /gradcam', async () => {
    await expectProblem(
      await server.postJson('/gradcam', { images: [base64(photo)] }),
      'too-many-images',
    );
  });

  it('what is not HTTP', async () => {
    const answer = await exchange(server.port, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    const [head, body] = answer.split('\r\n\r\n', 2);
    expect(head).toContain(`Content-Type: ${PROBLEM_MEDIA_TYPE}`);
    expect(problemSchema.parse(JSON.parse(body!)).type).toBe('urn:naevus:problem:bad-request');
  });

  it('a target that is no path', async () => {
    const answer = await exchange(
      server.port,
      'GET /a\\b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('urn:naevus:problem:bad-request');
  });
});

describe('404 and 405', () => {
  it.each(['/nope', '/predict/', '/model/x', '/%00', '/../etc/passwd'])('GET %s', async (path) => {
    await expectProblem(await fetch(server.url + path), 'not-found');
  });

  it.each([
    ['GET', '/predict', 'POST'],
    ['HEAD', '/gradcam', 'POST'],
    ['DELETE', '/predict', 'POST'],
    ['OPTIONS', '/predict', 'POST'],
    ['POST', '/model', 'GET, HEAD'],
    ['PUT', '/health/live', 'GET, HEAD'],
  ])('%s %s', async (method, path, allow) => {
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe(allow);
    if (method !== 'HEAD') await expectProblem(response, 'method-not-allowed');
  });
});

describe('406', () => {
  it.each([
    ['/predict', 'image/png'],
    ['/predict', 'text/html'],
    ['/gradcam', 'image/jpeg'],
    ['/gradcam', 'application/json;q=0, image/png;q=0'],
  ])('%s for %s', async (path, accept) => {
    await expectProblem(await server.post(path, photo, { Accept: accept }), 'not-acceptable');
  });

  it('/model for text/html alone', async () => {
    const response = await fetch(`${server.url}/model`, { headers: { Accept: 'text/html' } });
    await expectProblem(response, 'not-acceptable');
  });
});

describe('413', () => {
  const big = new Uint8Array(50 * 2 ** 20);

  it.each(['/predict', '/gradcam', '/model', '/nope'])(
    '50 MB with a length to %s',
    async (path) => {
      await expectProblem(await server.post(path, big), 'body-too-large');
    },
  );

  it.each(['/predict', '/gradcam'])('50 MB in chunks to %s', async (path) => {
    const chunks = Array.from({ length: 50 }, () => new Uint8Array(2 ** 20));
    const answer = await postChunked(server.url + path, chunks);
    expect(answer.status).toBe(413);
    expect(problemSchema.parse(JSON.parse(answer.body)).type).toBe(
      'urn:naevus:problem:body-too-large',
    );
    expect((await server.post('/predict', photo)).status).toBe(200);
  });

  it('takes what is just within the limit', async () => {
    const padded = new Uint8Array(10 * 2 ** 20);
    padded.set(photo);
    expect((await server.post('/predict', padded)).status).toBe(200);
    const answer = await postChunked(`${server.url}/predict`, [padded]);
    expect(answer.status).toBe(200);
    const over = new Uint8Array(10 * 2 ** 20 + 1);
    await expectProblem(await server.post('/predict', over), 'body-too-large');
  });
});

describe('415', () => {
  it.each([
    ['text', 'these are words, not pixels', /text/],
    ['a GIF', 'GIF89a\x01\x00\x01\x00', /GIF/],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', /SVG/],
    ['a video', '\0\0\0\x18ftypisom\0\0\x02\0isomiso2', /video/],
    ['TIFF', 'II*\0\x08\0\0\0', /TIFF/],
    ['one byte', '\xff', /JPEG, PNG, WebP, HEIC, AVIF and DICOM are read/],
  ])('%s', async (_, bytes, guess) => {
    const body = new Uint8Array(Buffer.from(bytes, 'latin1'));
    const detail = await expectProblem(await server.post('/predict', body), 'unsupported-format');
    expect(detail).toMatch(guess);
    expect(detail).toMatch(/JPEG, PNG, WebP, HEIC, AVIF and DICOM are read/);
  });

  it('whatever the header says the image is', async () => {
    const response = await server.post('/predict', 'text', { 'Content-Type': 'image/jpeg' });
    await expectProblem(response, 'unsupported-format');
  });
});

describe('422', () => {
  it('a JPEG that is cut off', async () => {
    const whole = await jpeg(RED, 640, 480);
    await expectProblem(
      await server.post('/predict', whole.slice(0, whole.length / 2)),
      'damaged-image',
    );
    await expectProblem(await server.post('/gradcam', whole.slice(0, 200)), 'damaged-image');
  });

  it.each(['png', 'webp'] as const)('a %s that is cut off', async (format) => {
    const noise = plain(RED).convolve({ width: 3, height: 3, kernel: [0, 1, 0, 1, 1, 1, 0, 1, 0] });
    const whole = new Uint8Array(await noise[format]().toBuffer());
    await expectProblem(
      await server.post('/predict', whole.slice(0, whole.length - 40)),
      'damaged-image',
    );
  });

  it('a PNG of a few kilobytes that claims 30,000 x 30,000 pixels', async () => {
    const bomb = pngThatClaims(30_000, 30_000);
    expect(bomb.length).toBeLessThan(4096);
    const detail = await expectProblem(await server.post('/predict', bomb), 'too-many-pixels');
    expect(detail).toMatch(/30000 x 30000.*52000000/);
  });

  it('a PNG with fewer pixels than it claims', async () => {
    await expectProblem(await server.post('/predict', pngThatClaims(2000, 2000)), 'damaged-image');
  });

  it.each([
    [31, 200],
    [200, 31],
    [1, 1],
  ])('%i x %i pixels', async (width, height) => {
    const small = await jpeg(RED, width, height);
    await expectProblem(await server.post('/predict', small), 'image-too-small');
  });
});

describe('431', () => {
  it('a header of more than 16 KiB', async () => {
    const answer = await exchange(
      server.port,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('urn:naevus:problem:header-too-large');
  });
});

describe('time', () => {
  let hasty: ServerProcess;

  beforeAll(async () => {
    hasty = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_TIMEOUT_SECONDS: '0.1',
      NAEVUS_WORKERS: '1',
    });
  });

  afterAll(async () => {
    expect(await hasty.stop()).toBe(0);
  });

  /** A machine under load may need more than one attempt within so short a time. */
  async function expectAnAnswer(): Promise<void> {
    await expect
      .poll(
        async () => (await fetch(`${hasty.url}/predict`, { method: 'POST', body: photo })).status,
        {
          timeout: 15_000,
        },
      )
      .toBe(200);
  }

  it('408 to a body that does not come, and the connection is closed', async () => {
    const socket = connect(hasty.port, '127.0.0.1');
    socket.setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
    });
    socket.write('POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain('urn:naevus:problem:request-timeout');
    await expectAnAnswer();
  });

  it('504 to an image that takes too long, whose worker is replaced', async () => {
    const huge = new Uint8Array(await plain(RED, 7000, 7000).png().toBuffer());
    const response = await fetch(`${hasty.url}/predict`, { method: 'POST', body: huge });
    expect(response.status).toBe(504);
    expect(problemSchema.parse(await response.json()).type).toBe('urn:naevus:problem:timeout');
    await expectAnAnswer();
    expect(hasty.log.some(({ msg }) => msg === 'a worker was lost')).toBe(true);
  });
});

describe('503', () => {
  it('at once when the queue is full, and nothing accepted is lost', async () => {
    const narrow = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NAEVUS_WORKERS: '1',
      NAEVUS_QUEUE: '2',
    });
    const large = new Uint8Array(await plain(RED, 3000, 3000).png().toBuffer());
    const responses = await Promise.all(
      Array.from({ length: 12 }, () =>
        fetch(`${narrow.url}/predict`, { method: 'POST', body: large }),
      ),
    );
    const statuses = responses.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(3);
    const refused = responses.find(({ status }) => status === 503)!;
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThanOrEqual(1);
    expect(problemSchema.parse(await refused.json()).type).toBe('urn:naevus:problem:busy');
    expect((await fetch(`${narrow.url}/predict`, { method: 'POST', body: large })).status).toBe(
      200,
    );
    expect(await narrow.stop()).toBe(0);
  });
});
