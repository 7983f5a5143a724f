import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemSchema } from '../src/schemas/problem.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { HOSTILE_FILES, ODD_FILES, soundFiles } from './helpers/hostile-pictures.ts';
import { jpeg } from './helpers/pictures.ts';
import { type RequestBody, type ServerProcess, startServer } from './helpers/server-process.ts';

let server: ServerProcess;
let image: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact(), NAEVUS_WORKERS: '2' });
  image = await jpeg();
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  const complaints = server.log.filter(({ level }) => (level as number) > 30);
  expect(complaints.map(({ msg }) => msg)).toEqual([expect.stringMatching(/^no keys are set/)]);
});

/** 200, or the kind of the problem; whatever it is, it gives nothing away. */
async function answerTo(
  path: string,
  body: RequestBody,
  headers: Record<string, string> = {},
): Promise<string | 200> {
  const response = await server.post(path, body, headers);
  if (response.status === 200) {
    await response.arrayBuffer();
    return 200;
  }
  const text = await response.text();
  expect(text).not.toMatch(/node_modules|\.[tj]s:\d|at \w+ \(|\/tmp|sharp|vips|libpng|onnx|zod/i);
  const { type, status } = problemSchema.parse(JSON.parse(text));
  expect(status).toBeLessThan(500);
  return type.slice(type.lastIndexOf(':') + 1);
}

describe('a file', () => {
  it.each(HOSTILE_FILES)(
    '$name: $answer',
    async ({ make, answer }) => {
      const file = await make();
      expect(await answerTo('/predict', file)).toBe(answer);
      expect(await answerTo('/gradcam', file, { Accept: 'image/png' })).toBe(answer);
      expect((await server.post('/predict', image)).status).toBe(200);
    },
    60_000,
  );
});

describe('cut off', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('a %s is refused wherever it ends', async (format) => {
    const file = (await soundFiles())[format];
    expect(await answerTo('/predict', file)).toBe(200);
    const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((i / 40) * file.length));
    for (const length of cuts) {
      const expected = length === 0 ? /empty-body/ : /damaged-image|unsupported-format/;
      expect(await answerTo('/predict', file.slice(0, length)), `${length}`).toMatch(expected);
    }
  });
});

describe('a form', () => {
  const file = (name: string, body: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\n${body}\r\n`;
  const field = (name: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nv\r\n`;

  it.each<[string, string, string]>([
    ['33 images', file('image', 'x').repeat(33), 'too-many-images'],
    ['100,000 images', file('image', 'x').repeat(100_000), 'invalid-body'],
    ['20,000 other fields', field('f').repeat(20_000), 'invalid-body'],
    ['a field called like a method of every object', field('__proto__'), 'invalid-body'],
    [
      'a form in a form in a form',
      file('image', file('image', file('image', 'x'))).replaceAll('\r\n--x\r\nC', '\r\n--y\r\nC'),
      'unsupported-format',
    ],
    [
      'a part with a header of a megabyte',
      `--x\r\nX-A: ${'a'.repeat(1e6)}\r\nContent-Disposition: form-data; name="image"\r\n\r\nv\r\n`,
      'malformed-body',
    ],
    [
      'a part with 100,000 headers',
      `--x\r\n${'X-A: a\r\n'.repeat(100_000)}Content-Disposition: form-data; name="image"\r\n\r\nv\r\n`,
      'malformed-body',
    ],
    ['a part without a name', '--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n', 'invalid-body'],
    ['a part without a header', '--x\r\n\r\nv\r\n', 'malformed-body'],
    ['a million dashes', '-'.repeat(1e6), 'malformed-body'],
    // A preamble, and a form without a part.
    ['a million line ends', '\r\n'.repeat(1e6), 'invalid-body'],
    ['boundaries and nothing else', '--x\r\n'.repeat(1e6), 'malformed-body'],
    ['near misses of its boundary', file('image', '\r\n--'.repeat(1e6)), 'unsupported-format'],
  ])('of %s', async (_, body, answer) => {
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
    expect(await answerTo('/predict', `${body}--x--\r\n`, headers)).toBe(answer);
  });

  it.each([
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'b'.repeat(5000)}`,
    'multipart/form-data; boundary="x',
    'multipart/form-data; boundary=x; boundary=y',
    'multipart/form-data; charset=utf-16; boundary=é',
  ])('whose header is %.60s', async (type) => {
    const headers = { 'Content-Type': type };
    expect(await answerTo('/predict', file('image', 'x'), headers)).toBe('malformed-body');
  });
});

describe('JSON', () => {
  it.each<[string, string, string]>([
    ['ten million brackets', '['.repeat(10_000_000), 'invalid-body'],
    ['two million objects', '{"a":'.repeat(2_000_000), 'invalid-body'],
    ['five million numbers', `[${'0,'.repeat(5_000_000)}0]`, 'invalid-body'],
    ['a million members', `{${'"a":0,'.repeat(1_000_000)}"image":""}`, 'invalid-body'],
    ['ten million backslashes', `"${'\\\\'.repeat(5_000_000)}`, 'malformed-body'],
    ['a prototype', '{"__proto__":{"image":"AAAA"}}', 'invalid-body'],
    ['the constructor', '{"constructor":{"prototype":{"image":"AAAA"}}}', 'invalid-body'],
    ['ten thousand images that are none', `{"images":[${'1,'.repeat(9000)}1]}`, 'invalid-body'],
    ['half a character', '{"image":"\\ud800"}', 'invalid-base64'],
    ['nine megabytes of A', `{"image":"${'A'.repeat(9_000_000)}"}`, 'unsupported-format'],
    ['nine megabytes of space', `{"image":"${' '.repeat(9_000_000)}"}`, 'empty-image'],
    ['nine megabytes of padding', `{"image":"${'='.repeat(9_000_000)}"}`, 'invalid-base64'],
    ['a data: URL of commas', `{"image":"data:${','.repeat(9_000_000)}"}`, 'invalid-base64'],
    ['an address', '{"image":"http://127.0.0.1/x.jpg"}', 'invalid-base64'],
    ['a path', '{"image":"file:///etc/passwd"}', 'invalid-base64'],
  ])('of %s', async (_, body, answer) => {
    const headers = { 'Content-Type': 'application/json' };
    expect(await answerTo('/predict', body, headers)).toBe(answer);
  });
});

// Of Linux, as is what tells it.
it.skipIf(!existsSync('/proc/self/status'))(
  'memory stays where it is',
  async () => {
    const small = (await Promise.all(ODD_FILES.map(({ make }) => make()))).filter(
      (file) => file.length < 100_000,
    );
    const round = async () => {
      for (const file of small) await answerTo('/predict', file);
      const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    };
    const before = await round();
    for (let i = 0; i < 3; i++) await round();
    expect((await round()) - before).toBeLessThan(100);
  },
  240_000,
);
