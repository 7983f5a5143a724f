import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { KNOWN_SOURCES } from '../load/source-definition.ts';
import { type FetchDatasetOptions, fetchDataset } from './fetch-dataset.ts';
import {
  CREDENTIALS,
  type KaggleServer,
  send,
  startKaggleServer,
  TOKEN,
} from './fixtures/kaggle-server.ts';
import { kaggleAuthorization } from './kaggle-credentials.ts';
import { unpackArchive } from './unpack-archive.ts';

/** Bytes that do not compress, so that an archive has somewhere to be cut. */
const image = (seed: string) =>
  Buffer.concat(
    Array.from({ length: 2000 }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest()),
  );

async function zip(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(content, name);
  archive.end();
  return buffer(archive.outputStream);
}

const HAM10000 = KNOWN_SOURCES[0]!;

/** From where the connection was cut, or a little before: what came last may not have reached the disk. */
const GOES_ON = /^bytes=[1-9]\d*-$/;
const METADATA = Buffer.from('image_id,dx\na,nv\nb,mel\n');
let archive: Buffer;
let etag: string;
beforeAll(async () => {
  archive = await zip({
    'HAM10000_images_part_1/a.jpg': image('a'),
    'HAM10000_images_part_2/b.jpg': image('b'),
    'ham10000_images_part_1/a.jpg': image('a'),
    'HAM10000_metadata.csv': METADATA,
    'hmnist_28_28_L.csv': Buffer.from('pixel0000\n'),
  });
  etag = `"${createHash('md5').update(archive).digest('hex')}"`;
});

let folder: string;
let server: KaggleServer;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-'));
  server = await startKaggleServer(archive);
  said = [];
});
afterEach(async () => {
  await server.close();
  // Whatever happened: no secret was said, in no form.
  const secret = CREDENTIALS.KAGGLE_KEY;
  for (const form of [secret, Buffer.from(`someone:${secret}`).toString('base64'), 'signature=']) {
    expect(said.join('\n')).not.toContain(form);
  }
  await rm(folder, { recursive: true });
});

const out = () => join(folder, 'data');

function fetching(changes: Partial<FetchDatasetOptions> = {}): Promise<void> {
  return fetchDataset({
    source: HAM10000,
    out: out(),
    environment: { ...CREDENTIALS, KAGGLE_API_ENDPOINT: server.endpoint },
    log: (line) => said.push(line),
    warn: (line) => said.push(line),
    check: async () => {},
    progress: { write: (text) => said.push(text) },
    waits: [1, 1, 1],
    ...changes,
  }).catch((error: Error) => {
    said.push(error.message);
    throw error;
  });
}

async function expectWhole(): Promise<void> {
  expect((await readdir(folder)).sort()).toEqual(['data']);
  expect((await readdir(out())).sort()).toEqual([
    'HAM10000_images_part_1',
    'HAM10000_images_part_2',
    'HAM10000_metadata.csv',
  ]);
  expect((await readFile(join(out(), 'HAM10000_images_part_1/a.jpg'))).equals(image('a'))).toBe(
    true,
  );
  expect((await readFile(join(out(), 'HAM10000_images_part_2/b.jpg'))).equals(image('b'))).toBe(
    true,
  );
}

describe('from Kaggle', () => {
  it('downloads, unpacks each image once, and takes the credentials to Kaggle alone', async () => {
    await fetching();
    await expectWhole();
    expect(server.requests).toEqual([{ range: undefined, authorized: false }]);
  });

  it('takes an access token as well', async () => {
    await fetching({
      environment: { KAGGLE_API_TOKEN: TOKEN, KAGGLE_API_ENDPOINT: server.endpoint },
    });
    await expectWhole();
  });

  it('goes on after a cut connection, from where it was cut', async () => {
    server.mischief.push((request, response) => send(archive, etag, request, response, 50_000));
    await fetching();
    await expectWhole();
    expect(server.requests).toEqual([
      { range: undefined, authorized: false },
      { range: expect.stringMatching(GOES_ON), authorized: false },
    ]);
    expect(said.join('\n')).toMatch(/was cut .*trying again/);
  });

  it('goes on in a later call', async () => {
    const cut = (request: Parameters<typeof send>[2], response: Parameters<typeof send>[3]) =>
      send(archive, etag, request, response, 30_000);
    const nothing: typeof cut = (_, response) => response.destroy();
    server.mischief.push(cut, nothing, nothing, nothing);
    await expect(fetching()).rejects.toThrow('4 times in a row. What came is kept');
    expect((await readdir(folder)).sort()).toEqual(['data.zip.partial', 'data.zip.partial.json']);
    await fetching();
    await expectWhole();
    expect(server.requests.at(-1)!.range).toMatch(GOES_ON);
  });

  it('begins anew when the archive is another one by now', async () => {
    server.mischief.push((request, response) => send(archive, '"old"', request, response, 30_000));
    await fetching();
    await expectWhole();
    // The range was asked for only if the file was the same: the server sent the whole one.
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    [401, 'does not know these credentials (401)'],
    [403, 'accept the terms'],
    [404, 'has no data set'],
  ])('says what to do about a %i, and does not ask again', async (status, message) => {
    server.mischief.push((_, response) => response.writeHead(status).end());
    await expect(fetching()).rejects.toThrow(message);
    expect(server.requests).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is told of wrong credentials by Kaggle itself', async () => {
    const environment = {
      KAGGLE_USERNAME: 'someone',
      KAGGLE_KEY: 'wrong',
      KAGGLE_API_ENDPOINT: server.endpoint,
    };
    await expect(fetching({ environment })).rejects.toThrow('(401)');
    expect(server.requests).toHaveLength(0);
  });

  it('waits as long as a 429 says, and gives up after some', async () => {
    const busy = (seconds: string) => (_: unknown, response: Parameters<typeof send>[3]) =>
      response.writeHead(429, { 'Retry-After': seconds }).end();
    server.mischief.push(busy('1'));
    const start = performance.now();
    await fetching();
    expect(performance.now() - start).toBeGreaterThan(990);
    await expectWhole();

    server.mischief.push(busy('0'), busy('0'), busy('0'), busy('0'));
    await expect(fetching({ out: join(folder, 'again') })).rejects.toThrow(
      'too many requests (429), 4 times in a row',
    );
  });

  it('takes no archive with another digest than the server gives', async () => {
    const damaged = archive.with(40_000, archive[40_000]! ^ 1);
    const md5 = createHash('md5').update(archive).digest('base64');
    server.mischief.push((_, response) =>
      response.writeHead(200, { 'x-goog-hash': `md5=${md5}` }).end(damaged),
    );
    await expect(fetching()).rejects.toThrow('its MD5 is not the one that the server gives');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes no archive with another digest than it was told', async () => {
    const archiveSha256 = 'a'.repeat(64);
    await expect(fetching({ archiveSha256 })).rejects.toThrow(`not ${archiveSha256}`);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives no name to what does not pass the check', async () => {
    const check = async (path: string) => {
      expect(await readdir(path)).toContain('HAM10000_metadata.csv');
      throw new Error('another digest');
    };
    await expect(fetching({ check, keepArchive: true })).rejects.toThrow('another digest');
    expect((await readdir(folder)).sort()).toEqual(['data.unpacking', 'data.zip']);
  });

  it.skipIf(process.platform !== 'linux')(
    'says when the disk is full, and keeps what came',
    async () => {
      // Every write to this device fails as a full disk's does.
      await symlink('/dev/full', join(folder, 'data.zip.partial'));
      await expect(fetching()).rejects.toThrow('the disk is full');
      await rm(join(folder, 'data.zip.partial'));
      await fetching();
      await expectWhole();
    },
  );

  it('does not begin what the disk has no room for', async () => {
    server.mischief.push((_, response) => {
      response.writeHead(200, { 'Content-Length': 1e18 });
      response.write('x');
    });
    await expect(fetching()).rejects.toThrow(/too full: 1000000000000 MB are to come/);
  });

  it('overwrites nothing', async () => {
    await mkdir(out());
    await expect(fetching()).rejects.toThrow('is there already');
  });
});

describe('from elsewhere', () => {
  it('takes an address, an archive and a folder', async () => {
    const file = join(folder, 'mirror.zip');
    await writeFile(file, archive);
    const environment = {};
    await fetching({ from: file, environment, out: join(folder, 'one') });
    await fetching({ from: join(folder, 'one'), environment, out: join(folder, 'two') });
    expect(
      (await readFile(join(folder, 'two/HAM10000_images_part_2/b.jpg'))).equals(image('b')),
    ).toBe(true);
    expect((await readFile(file)).equals(archive)).toBe(true);

    const mirror = `${server.endpoint}/mirror.zip`;
    await expect(fetching({ from: mirror, environment })).rejects.toThrow(/127.*answers 401/);
    await expect(fetching({ from: join(folder, 'none') })).rejects.toThrow(
      'no such file or folder',
    );
  });
});

describe('unpackArchive', () => {
  const unpacking = async (bytes: Buffer) => {
    const file = join(folder, 'archive.zip');
    await writeFile(file, bytes);
    return unpackArchive(file, join(folder, 'unpacked'), { stream: { write: () => {} } });
  };

  it('refuses a flipped byte by its checksum', async () => {
    await expect(
      unpacking(Buffer.from(archive.with(30_000, archive[30_000]! ^ 1))),
    ).rejects.toThrow('is damaged');
  });

  it('refuses a cut archive, text, and one without images', async () => {
    await expect(unpacking(archive.subarray(0, 90_000))).rejects.toThrow('is damaged or no ZIP');
    await expect(unpacking(Buffer.from('<html>'))).rejects.toThrow('is damaged or no ZIP');
    await expect(unpacking(await zip({ 'read.me': METADATA }))).rejects.toThrow('neither images');
  });

  it('refuses two different images of one name', async () => {
    const two = await zip({ 'x/a.jpg': image('a'), 'y/a.jpg': image('b') });
    await expect(unpacking(two)).rejects.toThrow('two different files called a.jpg');
  });

  it('writes nothing outside of its folder', async () => {
    const honest = (await zip({ 'aa/aa/b.jpg': image('a') })).toString('latin1');
    const evil = Buffer.from(honest.replaceAll('aa/aa/b.jpg', '../../../b.jpg'), 'latin1');
    await expect(unpacking(evil)).rejects.toThrow('is damaged');
    expect((await readdir(folder)).sort()).toEqual(['archive.zip']);
  });
});

describe('kaggleAuthorization', () => {
  const header = `Basic ${Buffer.from('someone:the-secret-key').toString('base64')}`;
  const file = () => join(folder, 'kaggle.json');
  const asking = (environment: Record<string, string> = {}) =>
    kaggleAuthorization({ KAGGLE_CONFIG_DIR: folder, ...environment }, (line) => said.push(line));

  it('reads variables before the file', async () => {
    await writeFile(file(), '{"username": "other", "key": "other"}', { mode: 0o600 });
    expect(await asking(CREDENTIALS)).toBe(header);
    await expect(asking({ KAGGLE_KEY: 'the-secret-key' })).rejects.toThrow(
      'KAGGLE_USERNAME is not',
    );
  });

  it.each([
    ['KAGGLE_API_TOKEN', 'variable'],
    ['a file that KAGGLE_API_TOKEN names', 'named'],
    ['access_token', 'access_token'],
    ['access_token.txt', 'access_token.txt'],
  ])('reads a token in %s, before a kaggle.json', async (_, where) => {
    await writeFile(file(), '{"username": "other", "key": "other"}', { mode: 0o600 });
    const named = join(folder, where);
    if (where !== 'variable') await writeFile(named, `\uFEFF${TOKEN}\r\n`, { mode: 0o600 });
    const variable = { variable: TOKEN, named }[where];
    expect(await asking(variable ? { KAGGLE_API_TOKEN: variable } : {})).toBe(`Bearer ${TOKEN}`);
  });

  it('refuses a token that no header can hold, without repeating it', async () => {
    const refused = asking({ KAGGLE_API_TOKEN: 'the-secret-key\nX-Other: 1' });
    await expect(refused).rejects.toThrow('KAGGLE_API_TOKEN holds no access token');
    await expect(refused).rejects.not.toThrow('secret');
  });

  it('reads the file, and warns when others may as well', async () => {
    await writeFile(file(), JSON.stringify({ username: 'someone', key: 'the-secret-key' }), {
      mode: 0o600,
    });
    expect(await asking()).toBe(header);
    expect(said).toEqual([]);
    if (process.platform === 'win32') return;
    await rm(file());
    await writeFile(file(), JSON.stringify({ username: 'someone', key: 'the-secret-key' }), {
      mode: 0o644,
    });
    expect(await asking()).toBe(header);
    expect(said).toEqual([`${file()} can be read by others: chmod 600 ${file()}`]);
  });

  it('says where credentials come from when there are none, and repeats nothing of a bad file', async () => {
    await expect(asking()).rejects.toThrow(/KAGGLE_USERNAME.*kaggle\.json.*--from/);
    await writeFile(file(), '{"username": "someone", "key": the-secret-key}', { mode: 0o600 });
    const bad = asking();
    await expect(bad).rejects.toThrow('download it again');
    await expect(bad).rejects.not.toThrow('the-secret-key');
  });
});
