import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable } from '@naevus/shared/csv/read-table';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { JobStatus } from '../src/bulk/job-status.ts';
import type { ImageResult } from '../src/bulk/result.ts';
import { jobCsv } from '../src/bulk/table-part.ts';
import { EXAMPLES } from '../src/http/page/examples.ts';
import { lesionResponseSchema } from '../src/schemas/lesion.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { type BulkProcess, type StoredObject, startBulk } from './helpers/bulk-process.ts';
import { lesion } from './helpers/conformance-requests.ts';
import { buildEdge } from './helpers/edge-process.ts';
import { startServer } from './helpers/server-process.ts';

/** A thousand in the rehearsal: `npm run bulk:rehearse`. */
const IMAGES = Number(process.env.NAEVUS_BULK_IMAGES ?? 72);
/** What an image may take on a loaded machine, in milliseconds. */
const PATIENCE = 60_000 + IMAGES * 500;

let built: string;

beforeAll(() => {
  built = buildEdge('bulk');
  console.log(built);
}, 120_000);

/** Small pictures of lesions, each another one. */
async function smallPicture(index: number): Promise<Uint8Array<ArrayBuffer>> {
  const left = index % 40;
  const top = Math.floor(index / 40) % 40;
  const image = sharp(lesion(index % EXAMPLES.length)).extract({
    left,
    top,
    width: 280,
    height: 210,
  });
  return new Uint8Array(await image.resize(64, 64, { fit: 'fill' }).jpeg().toBuffer());
}

/** What is no sound picture, and what is said of it. */
const REFUSED: Readonly<Record<string, { file: () => Promise<Uint8Array>; says: string }>> = {
  'b/cut-off.jpg': {
    file: async () => (await smallPicture(1)).slice(0, 700),
    says: 'damaged-image',
  },
  'b/empty.jpg': { file: async () => new Uint8Array(0), says: 'empty-image' },
  'b/notes, "old".txt': {
    file: async () => new TextEncoder().encode('no picture\n'),
    says: 'unsupported-format',
  },
  'b/tiny.png': {
    file: async () => sharp(lesion()).resize(16, 16).png().toBuffer(),
    says: 'image-too-small',
  },
};

const ROTATED = 'c/rotated.jpg';

/** The bucket: `IMAGES` objects below `in/`, and one that is not. */
async function fill(worker: BulkProcess): Promise<string[]> {
  const keys: string[] = [];
  const put = async (name: string, file: Uint8Array) => {
    keys.push(`in/${name}`);
    // A copy: a Buffer may be a part of another.
    await worker.images.put(`in/${name}`, new Uint8Array(file));
  };
  for (const [name, { file }] of Object.entries(REFUSED)) await put(name, await file());
  await put(
    ROTATED,
    await sharp(lesion()).resize(90, 60).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  );
  for (let i = 0; keys.length < IMAGES; i++) {
    await put(`a/${String(i).padStart(5, '0')}.jpg`, await smallPicture(i));
  }
  await worker.images.put('elsewhere.jpg', await smallPicture(0));
  return keys.sort();
}

async function kept(
  worker: BulkProcess,
  prefix: string,
): Promise<Pick<StoredObject, 'key' | 'version'>[]> {
  const objects: Pick<StoredObject, 'key' | 'version'>[] = [];
  let cursor: string | undefined;
  do {
    const page = await worker.predictions.list({ prefix, ...(cursor && { cursor }) });
    objects.push(...page.objects.map(({ key, version }) => ({ key, version })));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return objects;
}

/** How many images a worker says that it has looked at. */
function lookedAt(log: readonly string[]): number {
  const batches = log.filter((line) => line.includes('naevus-bulk-images'));
  return batches
    .flatMap((line) => Object.values((JSON.parse(line) as { outcomes: object }).outcomes))
    .reduce((sum: number, count: number) => sum + count, 0);
}

async function read<T>(worker: BulkProcess, key: string): Promise<T> {
  return (await (await worker.predictions.get(key))!.json()) as T;
}

async function statusOf(worker: BulkProcess, path: string): Promise<JobStatus> {
  return (await (await worker.ask(path)).json()) as JobStatus;
}

async function begin(worker: BulkProcess, prefix: string): Promise<string> {
  const response = await worker.ask(`/jobs?prefix=${encodeURIComponent(prefix)}`, 'POST');
  expect(response.status).toBe(202);
  return response.headers.get('Location')!;
}

async function complete(worker: BulkProcess, path: string): Promise<JobStatus> {
  const options = { timeout: PATIENCE, interval: 500 };
  await expect.poll(async () => (await statusOf(worker, path)).state, options).toBe('complete');
  return statusOf(worker, path);
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'naevus-bulk-'));
  onTestFinished(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Cells of a row that has quotes at most around its first and last. */
function cells(row: string): string[] {
  return [...row.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .map(([, cell]) => cell!.replace(/^"|"$/g, '').replaceAll('""', '"'))
    .slice(0, jobCsv({}).columns.split(',').length);
}

describe('a bucket of images becomes a table of predictions', () => {
  it(
    'and nothing is lost when the worker is killed in the middle',
    async () => {
      const persist = await folder();
      const pages = { NAEVUS_PAGE_IMAGES: String(Math.max(20, Math.ceil(IMAGES / 5))) };
      let worker = await startBulk(persist, pages);
      const keys = await fill(worker);
      const start = performance.now();
      const path = await begin(worker, 'in/');

      // By its log: to ask it for its objects would wait until it is done with a batch.
      await expect
        .poll(() => lookedAt(worker.log), { timeout: PATIENCE, interval: 5 })
        .toBeGreaterThan(IMAGES / 4);
      process.kill(worker.pid, 'SIGKILL');
      await worker.stop();

      worker = await startBulk(persist, pages);
      onTestFinished(() => worker.stop());
      const before = await kept(worker, 'results/');
      expect(before.length).toBeGreaterThan(IMAGES / 4);
      expect(before.length).toBeLessThan(IMAGES);
      const open = await statusOf(worker, path);
      expect(['listing', 'working']).toContain(open.state);
      const early = await worker.ask(`${path}/table`);
      expect(early.status).toBe(409);
      expect(await early.json()).toMatchObject({ type: 'urn:naevus:problem:job-not-complete' });

      expect((await worker.ask(`${path}/resume`, 'POST')).status).toBe(202);
      // Twice, as whoever is in doubt does.
      expect((await worker.ask(`${path}/resume`, 'POST')).status).toBe(202);
      const status = await complete(worker, path);
      const seconds = (performance.now() - start) / 1000;
      const refused = Object.keys(REFUSED).length;
      expect(status.images).toEqual({
        listed: IMAGES,
        predicted: IMAGES - refused,
        refused,
        dead: 0,
        open: 0,
      });

      const after = await kept(worker, 'results/');
      expect(new Set(after.map(({ key }) => key)).size).toBe(IMAGES);
      // What was there before is as it was: looked at once.
      expect(after).toEqual(expect.arrayContaining(before));
      console.log(
        `${IMAGES} images, killed after ${before.length}: ${after.length} results, 0 lost, ${seconds.toFixed(1)} s`,
      );

      const response = await worker.ask(`${path}/table`);
      expect(response.headers.get('X-Complete')).toBe('true');
      const [header, ...rows] = (await response.text()).trimEnd().split('\r\n');
      expect(header).toBe(jobCsv({}).columns);
      expect(rows.map((row) => cells(row)[0])).toEqual(keys);
      for (const row of rows) {
        const [key, ...rest] = cells(row);
        const error = rest.pop()!;
        const scores = rest.splice(0, LABELS.length);
        const [label] = rest;
        const bad = REFUSED[key!.slice('in/'.length)];
        if (bad) {
          expect([...new Set([...scores, ...rest])]).toEqual(['']);
          expect(error).not.toBe('');
        } else {
          const numbers = scores.map(Number);
          expect(numbers.reduce((sum, score) => sum + score)).toBeCloseTo(1, 5);
          expect(LABELS[numbers.indexOf(Math.max(...numbers))]).toBe(label);
          expect(error).toBe('');
        }
      }

      const lines = (await (await worker.ask(`${path}/table?format=ndjson`)).text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ImageResult);
      expect(lines.map(({ source }) => source.key)).toEqual(keys);
      for (const [name, { says }] of Object.entries(REFUSED)) {
        const line = lines.find(({ source }) => source.key === `in/${name}`)!;
        expect('error' in line && line.error.type).toBe(`urn:naevus:problem:${says}`);
      }
      for (const [i, line] of lines.entries()) {
        if ('error' in line || 'dead_letter' in line) continue;
        const { assessment, prediction_set } = line;
        expect(cells(rows[i]!).slice(LABELS.length + 2, -1)).toEqual([
          String(assessment!.abstained),
          assessment!.triage,
          String(assessment!.flagged),
          String(assessment!.malignant_score),
          prediction_set!.labels.join(' '),
          assessment!.reasons.map(({ code }) => code).join(' '),
        ]);
      }
      const rotated = lines.find(({ source }) => source.key === `in/${ROTATED}`)!;
      expect('image' in rotated && rotated.image).toEqual({
        width: 60,
        height: 90,
        format: 'jpeg',
      });

      const manifest = await (await worker.ask(`${path}/manifest`)).json();
      expect(manifest).toMatchObject({ state: 'complete', images: status.images });
      expect((manifest as { parts: unknown[] }).parts).toHaveLength(status.pages.listed);
    },
    PATIENCE * 2,
  );
});

describe.skipIf(IMAGES > 200)('the bulk worker', { timeout: 120_000 }, () => {
  it('is bundled within its bounds', () => {
    expect(built).toMatch(/the worker without weights, compressed: 0\.\d\d MiB \(at most 1\)/);
  });

  it('keeps of an image what /predict answers, and looks at it once, whoever asks', async () => {
    const worker = await startBulk(await folder());
    onTestFinished(() => worker.stop());
    const file = lesion();
    const { etag } = await worker.images.put('new/lesion.jpg', file);
    // As R2 tells of a new object; miniflare does not.
    const queue = await worker.miniflare.getQueueProducer('IMAGE_QUEUE');
    const notification = {
      account: '0',
      bucket: 'naevus-images',
      eventTime: '2026-11-25T00:00:00.000Z',
      object: { key: 'new/lesion.jpg', size: file.length, eTag: etag },
    };
    await queue.send({ ...notification, action: 'PutObject' });
    await queue.send({ ...notification, action: 'PutObject' });
    await queue.send({ ...notification, action: 'DeleteObject' });
    await expect.poll(() => kept(worker, 'results/'), { timeout: 30_000 }).toHaveLength(1);
    const [result] = await kept(worker, 'results/');

    const status = await complete(worker, await begin(worker, 'new/'));
    expect(status.images).toMatchObject({ listed: 1, predicted: 1 });
    expect(await kept(worker, 'results/')).toEqual([result]);
    expect(await kept(worker, 'unknown/')).toEqual([]);

    const node = await startServer({ NAEVUS_WORKERS: '1' });
    onTestFinished(async () => void (await node.stop()));
    const answer = await (await node.post('/predict', file)).json();
    const { source, ...rest } = await read<ImageResult>(worker, result!.key);
    expect(source).toEqual({ key: 'new/lesion.jpg', etag });
    const here = predictResponseSchema.parse({ id: 'none', ...rest });
    const there = predictResponseSchema.parse(answer);
    expect(here.predictions.map(({ label }) => label)).toEqual(
      there.predictions.map(({ label }) => label),
    );
    for (const [i, { score }] of here.predictions.entries()) {
      expect(Math.abs(score - there.predictions[i]!.score)).toBeLessThan(0.02);
    }
    expect(here.model).toEqual(there.model);
    expect(here.assessment).toMatchObject({ triage: there.assessment!.triage });
  });

  it('keeps to what a job asks of its answers, and computes it anew only where that differs', async () => {
    const worker = await startBulk(await folder());
    onTestFinished(() => worker.stop());
    const noise = readFileSync(new URL('fixtures/field/abstained-in-csv.png', import.meta.url));
    await worker.images.put('a.jpg', lesion());
    await worker.images.put('b.png', new Uint8Array(noise));
    const asked = 'coverage=0.99&strict=true&language=de&prior=uniform';
    const ask = async (query: string) => {
      const response = await worker.ask(`/jobs?${query}`, 'POST');
      expect(response.status).toBe(202);
      const path = response.headers.get('Location')!;
      await complete(worker, path);
      const csv = await (await worker.ask(`${path}/table`)).text();
      return { path, rows: readTable(csv).rows.map(({ cells }) => cells) };
    };
    const { path, rows } = await ask(asked);
    expect(rows[0]).toMatchObject({ image_id: 'a.jpg', error: '' });
    expect(rows[1]).toMatchObject({ image_id: 'b.png', abstained: 'true', label: '', nv: '' });
    expect(rows[1]!.error).not.toBe('');
    const [first] = (await (await worker.ask(`${path}/table?format=ndjson`)).text()).split('\n');
    expect(JSON.parse(first!)).toMatchObject({
      prior: { name: 'uniform' },
      prediction_set: { coverage: 0.99 },
      translation: expect.stringContaining('Übersetzung'),
    });
    const plain = await ask('');
    expect(plain.rows[1]).toMatchObject({ image_id: 'b.png', abstained: 'true', error: '' });
    const before = await kept(worker, 'results/');
    expect(before).toHaveLength(4);
    // In another order, and with a default said.
    await ask('prior=uniform&language=de&strict=true&coverage=0.99&tta=1');
    expect(await kept(worker, 'results/')).toEqual(before);

    for (const [wrong, rule] of [
      ['stric=true', 'no query parameter "stric"; did you mean "strict"?'],
      ['coverage=1', 'coverage must be'],
      ['version=9.9.9', 'version must be one that is served'],
      ['age=60', 'no query parameter "age"'],
    ]) {
      const refused = await worker.ask(`/jobs?${wrong}`, 'POST');
      expect(refused.status).toBe(400);
      expect(((await refused.json()) as { detail: string }).detail).toContain(rule);
    }
    expect((await worker.ask(`${path}/table?fromat=csv`)).status).toBe(400);
    expect((await worker.ask(`${path}?partial=true`)).status).toBe(400);
  });

  it('answers about the lesions of a table, from all photos of each', async () => {
    const worker = await startBulk(await folder(), { NAEVUS_PAGE_IMAGES: '2' });
    onTestFinished(() => worker.stop());
    const noise = readFileSync(new URL('fixtures/field/abstained-in-csv.png', import.meta.url));
    await worker.images.put('p/1.jpg', lesion(0));
    await worker.images.put('p/2.jpg', lesion(1));
    await worker.images.put('noise.png', new Uint8Array(noise));
    await worker.images.put(
      'lesions.csv',
      [
        'lesion,image,age',
        'both,p/1.jpg,63',
        'gone,nowhere.jpg,',
        'both,p/2.jpg,63',
        'noise,noise.png,',
        ...Array<string>(9).fill('many,p/1.jpg,'),
        'half,p/1.jpg,',
        'half,nowhere.jpg,',
      ].join('\n'),
    );
    const response = await worker.ask('/jobs?lesions=lesions.csv&coverage=0.95', 'POST');
    expect(response.status).toBe(202);
    const path = response.headers.get('Location')!;
    const status = await complete(worker, path);
    expect(status.images).toMatchObject({ listed: 5, predicted: 3, refused: 2, dead: 0 });
    expect(status.pages).toEqual({ listed: 3, done: 3 });

    const csv = await (await worker.ask(`${path}/table`)).text();
    const table = readTable(csv);
    expect(table.columns[0]).toBe('lesion');
    const rows = table.rows.map(({ cells }) => cells);
    expect(rows.map((row) => row.lesion)).toEqual(['both', 'gone', 'noise', 'many', 'half']);
    expect(rows[1]!.error).toBe('the bucket has no such image');
    expect(rows[2]).toMatchObject({ abstained: 'true', error: '' });
    expect(rows[3]!.error).toBe('9 photos are listed; a lesion may have 8');
    expect(rows[4]!.reasons).toContain('photos-left-out');

    const lines = (await (await worker.ask(`${path}/table?format=ndjson`)).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({
      source: { lesion: 'both', images: ['p/1.jpg', 'p/2.jpg'] },
      prediction_set: { coverage: 0.95 },
      pooled: { photos: 2, counted: 2 },
    });
    const node = await startServer({ NAEVUS_WORKERS: '1' });
    onTestFinished(async () => void (await node.stop()));
    const form = new FormData();
    for (const index of [0, 1]) form.append('image', new Blob([lesion(index)]));
    const there = await (await node.post('/lesion?age=63&coverage=0.95', form)).json();
    const { predictions, patient, assessment } = lesionResponseSchema.parse(there);
    expect(lines[0].patient.used).toEqual(patient!.used);
    expect(lines[0].assessment.triage).toBe(assessment!.triage);
    for (const { label, score } of predictions) {
      expect(Math.abs(Number(rows[0]![label]) - score), label).toBeLessThan(0.02);
    }

    await worker.images.put('odd.csv', 'image,lesoin\na.jpg,1\n');
    for (const [query, says] of [
      ['lesions=lesions.csv&prefix=p/', 'lesions names the images itself'],
      ['lesions=no.csv', 'lesions: the bucket has no no.csv'],
      ['lesions=odd.csv', 'did you mean "lesion"'],
      ['lesions=noise.png', 'lesions: noise.png is not'],
    ]) {
      const refused = await worker.ask(`/jobs?${query}`, 'POST');
      expect(refused.status).toBe(400);
      expect(((await refused.json()) as { detail: string }).detail).toContain(says);
    }
  });

  it('shows the columns of today of a part that an earlier release wrote', async () => {
    const worker = await startBulk(await folder());
    onTestFinished(() => worker.stop());
    await worker.images.put('a.jpg', lesion());
    const path = await begin(worker, '');
    await complete(worker, path);
    const table = await (await worker.ask(`${path}/table`)).text();
    const [part] = await kept(worker, `${path.slice(1)}/csv/`);
    await worker.predictions.put(part!.key, 'image_id,label,error\r\na.jpg,nv,\r\n', {
      customMetadata: { predicted: '1', refused: '0', dead: '0' },
    });
    expect(await (await worker.ask(`${path}/table`)).text()).toBe(table);
  });

  it('tries again what failed, keeps what fails for good with its reason, and goes on', async () => {
    const worker = await startBulk(
      await folder(),
      { NAEVUS_PAGE_IMAGES: '2' },
      `const tries = new Map();
       export default ({ STORED }) => ({
         list: (options) => STORED.list(options),
         get(key, options) {
           const before = tries.get(key) ?? 0;
           tries.set(key, before + 1);
           if (key === 'unreachable.jpg' || (key === 'flaky.jpg' && before < 3)) {
             throw new Error('an inside of the platform');
           }
           if (key === 'deleted.jpg') return null;
           if (key === 'replaced.jpg') options = { onlyIf: { etagMatches: 'another' } };
           return STORED.get(key, options);
         },
       });`,
    );
    onTestFinished(() => worker.stop());
    const names = ['deleted', 'flaky', 'replaced', 'sound', 'unreachable'];
    for (const [i, name] of names.entries()) {
      await worker.images.put(`${name}.jpg`, await smallPicture(i));
    }
    const queue = await worker.miniflare.getQueueProducer('IMAGE_QUEUE', 'bulk');
    await queue.send({ kind: 'something else' });

    const path = await begin(worker, '');
    const status = await complete(worker, path);
    expect(status.images).toEqual({ listed: 5, predicted: 2, refused: 0, dead: 3, open: 0 });
    const rows = (await (await worker.ask(`${path}/table`)).text())
      .trimEnd()
      .split('\r\n')
      .slice(1);
    const errors = rows.map(cells).map((row) => [row[0], row.at(-1)]);
    expect(Object.fromEntries(errors)).toEqual({
      'deleted.jpg': 'the image was deleted after it was listed',
      'flaky.jpg': '',
      'replaced.jpg': 'the image was replaced after it was listed: start another job',
      'sound.jpg': '',
      'unreachable.jpg': 'the buckets did not answer',
    });

    expect(await kept(worker, `${path.slice(1)}/retries/`)).toEqual([]);
    const letters = await kept(worker, `${path.slice(1)}/dead-letters/`);
    expect(letters).toHaveLength(3);
    expect(await read(worker, letters.at(-1)!.key)).toMatchObject({
      reason: 'the buckets did not answer',
      // Once, and the five retries of the configuration.
      attempts: 6,
      message: { kind: 'image', key: 'unreachable.jpg' },
    });
    const [unknown] = await kept(worker, 'unknown/dead-letters/');
    expect(await read(worker, unknown!.key)).toMatchObject({ message: { kind: 'something else' } });
    // Names of images may be names of people.
    expect(worker.log.length).toBeGreaterThan(0);
    expect(worker.log.filter((line) => /\.jpg/.test(line))).toEqual([]);
  });

  it('says of a job that it has stopped, and resumes it', async () => {
    const worker = await startBulk(
      await folder(),
      {},
      `let tries = 0;
       export default ({ STORED }) => ({
         async list(options) {
           tries++;
           // As often as the configuration lets it be tried.
           if (tries <= 6) throw new Error('an inside of the platform');
           return STORED.list(options);
         },
         get: (key, options) => STORED.get(key, options),
       });`,
    );
    onTestFinished(() => worker.stop());
    await worker.images.put('one.jpg', await smallPicture(0));
    const path = await begin(worker, '');
    await expect
      .poll(async () => (await statusOf(worker, path)).state, { timeout: 30_000 })
      .toBe('stopped');
    const { stopped } = await statusOf(worker, path);
    expect(await read(worker, stopped[0]!)).toMatchObject({
      reason: 'the bucket could not be listed',
      attempts: 6,
    });
    await worker.ask(`${path}/resume`, 'POST');
    const status = await complete(worker, path);
    expect(status.images).toMatchObject({ listed: 1, predicted: 1 });
    expect(status.stopped).toEqual([]);
  });

  it('answers nobody without a key, and says what is wrong with a request', async () => {
    const worker = await startBulk(await folder());
    onTestFinished(() => worker.stop());
    for (const [path, method] of [
      ['/jobs', 'POST'],
      ['/jobs', 'GET'],
      ['/jobs/20261125T000000Z-00000000/table', 'GET'],
    ] as const) {
      expect((await fetch(worker.url + path, { method })).status).toBe(401);
    }
    expect((await worker.ask('/jobs/20261125T000000Z-00000000')).status).toBe(404);
    expect((await worker.ask('/jobs/..%2Fresults')).status).toBe(404);
    const nowhere = await (await worker.ask('/predict')).json();
    expect((nowhere as { detail: string }).detail).toContain('POST /jobs');

    const path = await begin(worker, 'nothing is here/');
    expect((await complete(worker, path)).images.listed).toBe(0);
    expect(await (await worker.ask('/jobs')).json()).toEqual({
      jobs: [path.slice('/jobs/'.length)],
    });
    expect((await worker.ask(`${path}/table?format=xls`)).status).toBe(400);
  });

  it('refuses everyone where no keys are set, and to run with a variable that is not known', async () => {
    const open = await startBulk(await folder(), { NAEVUS_API_KEYS: '' });
    onTestFinished(() => open.stop());
    const response = await open.ask('/jobs', 'POST');
    expect(response.status).toBe(401);
    expect(((await response.json()) as { detail: string }).detail).toContain('NAEVUS_API_KEYS');

    const wrong = await startBulk(await folder(), { NAEVUS_PAGE_SIZE: '10' });
    onTestFinished(() => wrong.stop());
    const failed = await wrong.ask('/jobs', 'POST');
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('NAEVUS_PAGE_SIZE');
    await expect.poll(() => wrong.log.join()).toContain('NAEVUS_PAGE_SIZE is not a setting');
  });
});
