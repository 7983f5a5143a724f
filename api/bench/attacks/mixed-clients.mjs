import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { getText, openSocket, postHead } from './raw-client.mjs';

// Clients of all sorts, by a seed: each does one thing after another, until it is told to stop. What a client that keeps
// to the rules sends is answered; the others may do as they like.

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Statuses that a request may get that is all right, while the server is busy. */
const FINE = new Set([200, 206, 304, 503]);
/** And those of one that is not. */
const REFUSED = new Set([400, 401, 404, 405, 406, 413, 415, 422, 431, 503]);

/** Numbers from 0 to 1 by a seed (Mulberry32, Tommy Ettinger 2017, public domain). */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One client.
 *
 * @param {{ port: number, model: { name: string, version: string }, photos: Uint8Array[], random: () => number,
 *   stopping: AbortSignal, signalled: () => boolean, record: (kind: string, fault?: string) => void }} options
 *   `signalled`: the server was told to end; `record` is told of each thing that was done, and what was wrong with it
 */
export async function runClient(options) {
  const { random, stopping, record } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const client = { ...options, agent };
  while (!stopping.aborted) {
    const [kind, act] = ACTIONS[Math.floor(random() * ACTIONS.length)];
    record(kind, await act(client));
    await delay(random() * 20);
  }
  agent.destroy();
}

const ignore = () => {};

/** @returns {Promise<{ status: number, headers: object }>} */
function send({ port, agent }, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent, path, method, headers });
    // Between two requests nobody else listens.
    outgoing.once('socket', (socket) => {
      if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore);
    });
    outgoing.once('response', (response) => {
      const answer = { status: response.statusCode, headers: response.headers };
      response.resume();
      response.once('close', () => resolve(answer));
      // The answer is here: what of the request is not read any more is no fault.
      outgoing.removeAllListeners('error').on('error', () => resolve(answer));
    });
    outgoing.once('error', (error) =>
      reject(Object.assign(error, { reused: outgoing.reusedSocket })),
    );
    outgoing.end(body);
  });
}

const pick = (random, values) => values[Math.floor(random() * values.length)];
const base64 = (bytes) => Buffer.from(bytes).toString('base64');

/** @returns what is wrong with the answer, undefined where nothing is */
async function expectStatus(client, allowed, path, options) {
  let answer;
  try {
    // A server may close a connection just when the next request is sent over it (RFC 9112, section 9.3.1).
    answer = await send(client, path, options).catch((error) => {
      if (error.reused) return send(client, path, options);
      throw error;
    });
  } catch (error) {
    // What came after the signal need not be answered; the server says what of the rest was not.
    return client.signalled() ? undefined : `${path}: ${error.code ?? error.message}`;
  }
  const { status, headers } = answer;
  if (status === 503 && headers['retry-after'] === undefined)
    return `${path}: 503 without Retry-After`;
  return allowed.has(status) ? undefined : `${path}: ${status}`;
}

function image(client) {
  const { random } = client;
  const path = pick(random, [
    '/predict',
    '/predict?tta=4',
    '/predict?top_k=2&strict=false',
    '/gradcam',
    '/gradcam?method=dense-grad-cam',
    '/lesion',
  ]);
  return expectStatus(client, FINE, path, { method: 'POST', body: pick(random, client.photos) });
}

function batch(client) {
  const { random, photos } = client;
  const images = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    base64(pick(random, photos)),
  );
  return expectStatus(client, FINE, '/predict', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ images }),
  });
}

function form(client) {
  const head = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
  const body = Buffer.concat([
    Buffer.from(head),
    pick(client.random, client.photos),
    Buffer.from('\r\n--b--'),
  ]);
  const headers = { 'Content-Type': 'multipart/form-data; boundary=b' };
  return expectStatus(client, FINE, '/predict', { method: 'POST', headers, body });
}

function inference(client) {
  const { random, model, photos } = client;
  const path = `/v2/models/${model.name}/${pick(random, ['infer', 'explain'])}`;
  const data = [base64(pick(random, photos))];
  const inputs = [{ name: 'image', shape: [1], datatype: 'BYTES', data }];
  const body = JSON.stringify({ inputs });
  return expectStatus(client, FINE, path, { method: 'POST', headers: JSON_TYPE, body });
}

function reading(client) {
  const { random, model } = client;
  const path = pick(random, [
    '/',
    '/health/live',
    '/health/ready',
    '/model',
    '/openapi.json',
    '/docs',
    '/metrics',
    '/assets/page.js',
    '/v2',
    `/v2/models/${model.name}`,
    `/artifact/${model.version}/manifest.json`,
  ]);
  const headers = pick(random, [{}, { 'If-None-Match': '*' }, { Range: 'bytes=0-99' }]);
  // The version may have been replaced meanwhile.
  const allowed = path.startsWith('/artifact/') ? new Set([...FINE, 404]) : FINE;
  return expectStatus(client, allowed, path, { headers });
}

function nonsense(client) {
  const { random } = client;
  const [path, options] = pick(random, [
    ['/predict', { method: 'POST', body: 'text' }],
    ['/predict?stric=true', { method: 'POST', body: 'text' }],
    ['/predict', { method: 'POST', headers: JSON_TYPE, body: `${'['.repeat(5000)}` }],
    [
      '/predict',
      { method: 'POST', headers: JSON_TYPE, body: `{"image":"${'A'.repeat(1 << 20)}"}` },
    ],
    ['/predict', { method: 'POST', body: new Uint8Array(11 << 20) }],
    ['/none', {}],
    ['/predict', { method: 'DELETE' }],
    [
      `/v2/models/${client.model.name}/infer`,
      { method: 'POST', headers: JSON_TYPE, body: '{"inputs":[[1]]}' },
    ],
  ]);
  return expectStatus(client, REFUSED, path, options);
}

/** Requests sent ahead: read to the end, in part, or not at all. */
async function pipelining({ port, model, random }) {
  const socket = await openSocket(port);
  let read = 0;
  if (random() < 0.7) socket.on('data', (piece) => (read += piece.length));
  const paths = [
    '/health/live',
    '/assets/page.js',
    '/openapi.json',
    `/artifact/${model.version}/manifest.json`,
  ];
  const count = 1 + Math.floor(random() * 60);
  socket.write(Array.from({ length: count }, () => getText(pick(random, paths))).join(''));
  await delay(random() * 300);
  socket.destroy();
  return undefined;
}

/** A body that stops in the middle, and perhaps goes on. */
async function stalling({ port, photos, random }) {
  const photo = pick(random, photos);
  const socket = await openSocket(port);
  socket.resume();
  socket.write(postHead('/predict', photo.length));
  socket.write(photo.subarray(0, Math.floor(random() * photo.length)));
  await delay(random() * 500);
  if (random() < 0.5) socket.write(photo);
  socket.destroy();
  return undefined;
}

/** A client that goes while its images are computed. */
async function hangingUp({ port, photos, random }) {
  const photo = pick(random, photos);
  const socket = await openSocket(port);
  const path = pick(random, ['/predict?tta=8', '/gradcam', '/gradcam?method=dense-grad-cam']);
  socket.write(postHead(path, photo.length));
  socket.write(photo);
  await delay(random() * 30);
  socket.destroy();
  return undefined;
}

/** What is no request, or none of this server's. */
async function protocol({ port, random }) {
  const socket = await openSocket(port);
  socket.resume();
  socket.write(
    pick(random, [
      'nonsense\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      'POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\n',
      '',
    ]),
  );
  await delay(random() * 200);
  socket.destroy();
  return undefined;
}

const ACTIONS = [
  ['image', image],
  ['image', image],
  ['batch', batch],
  ['form', form],
  ['inference', inference],
  ['reading', reading],
  ['nonsense', nonsense],
  ['pipelining', pipelining],
  ['stalling', stalling],
  ['hang-up', hangingUp],
  ['protocol', protocol],
];
