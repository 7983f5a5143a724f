import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type GradcamPictureOptions,
  type ImageFile,
  NaevusClient,
  NaevusError,
  type PredictOptions,
} from '../src/client/client.ts';
import { retryAfterMs } from '../src/client/retry-after.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { lesionResponseSchema } from '../src/schemas/lesion.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { batchResponseSchema, predictResponseSchema } from '../src/schemas/prediction.ts';
import { modelQuerySchema, requestSchemas } from '../src/schemas/request.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const schemas = requestSchemas(HAM10000);

describe('against a server', () => {
  let server: ServerProcess;
  let client: NaevusClient;
  let red: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    client = new NaevusClient({ baseUrl: server.url });
    red = await jpeg(RED);
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it('gives scores, of a file in each of its forms', async () => {
    const forms: ImageFile[] = [red, red.slice().buffer, new Blob([red], { type: 'text/plain' })];
    for (const form of forms) {
      const answer = await client.predict(form, { topK: 2, requestId: 'mine' });
      expect(predictResponseSchema.parse(answer).predictions).toHaveLength(2);
      expect(answer).toMatchObject({ id: 'mine', predictions: [{ label: 'mel' }, {}] });
    }
  });

  it('gives a batch, of one too, with an error in its place', async () => {
    const bad = new TextEncoder().encode('no image');
    const answer = batchResponseSchema.parse(
      await client.predictBatch([red, bad, new Blob([await jpeg(BLUE)])]),
    );
    expect(answer.results).toMatchObject([
      { predictions: [{ label: 'mel' }, {}, {}, {}, {}, {}, {}] },
      { error: { status: 415 } },
      { predictions: [{ label: 'vasc' }, {}, {}, {}, {}, {}, {}] },
    ]);
    expect((await client.predictBatch([red])).results).toHaveLength(1);
  });

  it('gives one answer to the photos of a lesion, with what is known of the patient', async () => {
    const answer = lesionResponseSchema.parse(
      await client.lesion([red, new Blob([red])], { topK: 1, age: 63, sex: 'female' }),
    );
    expect(answer).toMatchObject({
      predictions: [{ label: 'mel' }],
      pooled: { photos: 2, counted: 2 },
      patient: { used: [], not_used: [{ name: 'age', value: 63 }, { name: 'sex' }] },
    });
  });

  it('gives a FHIR report, and the problem where there is none', async () => {
    const report = await client.lesionReport([red], {
      subject: 'Patient/1',
      heatmap: true,
      age: 63,
    });
    expect(report).toMatchObject({
      resourceType: 'DiagnosticReport',
      subject: { reference: 'Patient/1' },
      presentedForm: [{ contentType: 'image/png' }],
    });
    const refused = client.lesionReport([red], { subject: 'nobody', requestId: 'mine' });
    await expect(refused).rejects.toMatchObject({
      ...{ kind: 'problem', status: 400, requestId: 'mine' },
      problem: { type: 'urn:naevus:problem:invalid-body' },
    });
  });

  it('gives the heat map as JSON and as a picture', async () => {
    const answer = await client.gradcam(red, { class: 'nv', alpha: 0.25 });
    expect(gradcamResponseSchema.parse(answer).class).toBe('nv');
    const asked = { class: 'nv', method: 'dense-grad-cam', tta: 4, legend: true } as const;
    const dense = await client.gradcam(red, asked);
    expect([dense.tta, dense.heatmap.method, dense.heatmap.grid.length]).toEqual([
      4,
      'dense-grad-cam',
      14,
    ]);
    const legend = await client.gradcamPicture(red, asked);
    expect([legend.predictedClass, legend.explainedClass, legend.share]).toEqual(['mel', 'nv', 0]);
    const { png, ...facts } = await client.gradcamPicture(red);
    expect(legend.png.size).not.toBe(png.size);
    const bytes = Buffer.from(await png.arrayBuffer());
    expect(bytes.toString('latin1', 1, 4)).toBe('PNG');
    expect(facts).toEqual({
      modelVersion: '0.0.1',
      predictedClass: 'mel',
      explainedClass: 'mel',
      share: 1,
      disclaimer: answer.disclaimer,
    });
  });

  it.each([
    [
      { 'X-Abstained': 'true', 'X-Triage': 'review' },
      { abstained: true, triage: 'review' },
    ],
    [
      { 'X-Abstained': 'false', 'X-Triage': 'refer' },
      { abstained: false, triage: 'refer' },
    ],
    [{}, { abstained: undefined, triage: undefined }],
  ])('says with a picture what its headers %j say of it', async (headers, facts) => {
    const client = new NaevusClient({
      baseUrl: 'http://localhost',
      fetch: async () => new Response('', { headers: { 'Content-Type': 'image/png', ...headers } }),
    });
    expect(await client.gradcamPicture(new Uint8Array(1))).toMatchObject(facts);
  });

  it('gives the model and whether it is ready', async () => {
    expect(modelResponseSchema.parse(await client.model()).name).toBe('naevus-fixture');
    expect(await client.ready()).toEqual({
      status: 'ready',
      model: { name: 'naevus-fixture', version: '0.0.1' },
    });
  });

  it('throws the problem that the server told', async () => {
    const error = await client.predict(red.subarray(0, 300)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(NaevusError);
    expect(error).toMatchObject({ kind: 'problem', status: 422, requestId: expect.any(String) });
    expect(error.is('damaged-image')).toBe(true);
    expect(error.is('busy')).toBe(false);
    expect(error.message).toMatch(/^Damaged image: the JPEG file/);
  });
});

describe('what it sends', () => {
  /** What one call sends: the query, and the members of a JSON body. */
  async function sent(call: (client: NaevusClient) => Promise<unknown>): Promise<string[]> {
    const names: string[] = [];
    const client = new NaevusClient({
      baseUrl: 'http://localhost',
      fetch: async (input, init) => {
        names.push(...new URL(String(input)).searchParams.keys());
        if (typeof init?.body === 'string') names.push(...Object.keys(JSON.parse(init.body)));
        const type = new Headers(init?.headers).get('Accept')!;
        return new Response('{}', { headers: { 'Content-Type': type } });
      },
    });
    await call(client);
    return names;
  }

  const prediction: PredictOptions = {
    ...{ tta: 4, version: '1.2.3', prior: 'uniform', coverage: 0.8, strict: true, similar: 3 },
    ...{
      operatingPoint: 'specificity-90',
      language: 'de',
      age: 63,
      sex: 'female',
      site: 'back',
      patientFrom: 'dicom',
    },
    topK: 2,
  };
  const report = {
    ...{ heatmap: true, subject: 'Patient/1', encounter: 'Encounter/5' },
    ...{ basedOn: 'ServiceRequest/7', bodySite: 'left arm' },
  };
  const { topK: _, ...analysis } = prediction;
  const heatmap: GradcamPictureOptions = {
    ...analysis,
    ...{ class: 'mel', alpha: 0, method: 'grad-cam', legend: true },
  };
  const image = new Uint8Array(1);
  const reported = Object.keys(report);

  it.each([
    [
      'predict',
      schemas.predict,
      reported,
      (client: NaevusClient) => client.predict(image, prediction),
    ],
    [
      'predictBatch',
      schemas.predict,
      reported,
      (client: NaevusClient) => client.predictBatch([image], prediction),
    ],
    [
      'lesion',
      schemas.lesion,
      reported,
      (client: NaevusClient) => client.lesion([image], prediction),
    ],
    [
      'lesionReport',
      schemas.lesion,
      ['similar'],
      (client: NaevusClient) => client.lesionReport([image], { ...prediction, ...report }),
    ],
    [
      'gradcam',
      schemas.gradcam,
      ['legend'],
      (client: NaevusClient) => client.gradcam(image, heatmap),
    ],
    [
      'gradcamPicture',
      schemas.gradcam,
      [],
      (client: NaevusClient) => client.gradcamPicture(image, heatmap),
    ],
    ['model', modelQuerySchema, [], (client: NaevusClient) => client.model({ version: '1.2.3' })],
  ])('%s: every parameter of its route', async (_name, schema, others: string[], call) => {
    const wanted = Object.keys(schema.shape).filter((name) => !others.includes(name));
    const names = (await sent(call)).filter((name) => name !== 'images');
    expect(names.sort()).toEqual(wanted.sort());
  });

  it('a prior as numbers in the order of the labels', async () => {
    let prior: string | null = null;
    const client = new NaevusClient({
      baseUrl: 'http://localhost',
      fetch: async (input) => {
        prior = new URL(String(input)).searchParams.get('prior');
        return new Response('{}', { headers: { 'Content-Type': 'application/json' } });
      },
    });
    const shares = { vasc: 0.1, nv: 0.3, mel: 0.2, df: 0.1, bkl: 0.1, bcc: 0.15, akiec: 0.05 };
    await client.predict(image, { prior: shares });
    expect(prior).toBe('0.05,0.15,0.1,0.1,0.2,0.3,0.1');
  });
});

describe('against what is no good', () => {
  const servers: ReturnType<typeof createServer>[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/behind/a/proxy`;
  }

  /** Refuses as often as told, then answers; counts what came. */
  async function refusing(status: number, times: number, headers: Record<string, string>) {
    const came: { url: string | undefined; key: string | undefined; at: number }[] = [];
    const baseUrl = await listen((request, response) => {
      const { url } = request;
      came.push({ url, key: request.headers.authorization, at: performance.now() });
      if (came.length <= times) {
        const type = 'application/problem+json';
        response.writeHead(status, { 'Content-Type': type, ...headers });
        response.end(
          JSON.stringify({ title: 'Too busy', detail: 'later', status, instance: 'x:1' }),
        );
      } else {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.end('{"name":"answered"}');
      }
    });
    return { baseUrl, came };
  }

  it.each([503, 429])('waits as long as a %i asks for, and asks again', async (status) => {
    const { baseUrl, came } = await refusing(status, 2, { 'Retry-After': '1' });
    const client = new NaevusClient({ baseUrl, apiKey: 'secret' });
    expect(await client.model()).toEqual({ name: 'answered' });
    expect(came.map(({ url, key }) => [url, key])).toEqual(
      Array.from({ length: 3 }, () => ['/behind/a/proxy/model', 'Bearer secret']),
    );
    // Timers may fire a millisecond early by the other clock.
    expect(came[1]!.at - came[0]!.at).toBeGreaterThan(990);
    expect(came[2]!.at - came[1]!.at).toBeGreaterThan(990);
  });

  it('gives up after as many repeats as it was told', async () => {
    const { baseUrl, came } = await refusing(503, 9, { 'Retry-After': '0' });
    await expect(new NaevusClient({ baseUrl, retries: 2 }).model()).rejects.toThrow(
      /^Too busy: later/,
    );
    expect(came).toHaveLength(3);
  });

  it('gives up at once where it is asked to wait for too long, or is not refused but failed', async () => {
    const long = await refusing(503, 9, { 'Retry-After': '31' });
    await expect(new NaevusClient({ baseUrl: long.baseUrl }).model()).rejects.toThrow();
    const broken = await refusing(500, 9, {});
    await expect(new NaevusClient({ baseUrl: broken.baseUrl }).model()).rejects.toThrow();
    expect([long.came.length, broken.came.length]).toEqual([1, 1]);
  });

  it('stops waiting when its signal fires', async () => {
    const { baseUrl, came } = await refusing(503, 9, { 'Retry-After': '20' });
    const controller = new AbortController();
    const answer = new NaevusClient({ baseUrl }).model({ signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 200);
    await expect(answer).rejects.toThrow('enough');
    expect(came).toHaveLength(1);
  });

  it('says that a server is not ready without asking again', async () => {
    const { baseUrl, came } = await refusing(503, 9, { 'Retry-After': '1' });
    expect(await new NaevusClient({ baseUrl }).ready()).toBeUndefined();
    expect(came).toHaveLength(1);
  });

  it('tells what is no Naevus server', async () => {
    const page = await listen((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>');
    });
    await expect(new NaevusClient({ baseUrl: page }).model()).rejects.toMatchObject({
      kind: 'foreign',
      status: 200,
    });
    const gateway = await listen((_, response) => {
      response.writeHead(502, { 'Content-Type': 'text/html' }).end('Bad gateway');
    });
    await expect(new NaevusClient({ baseUrl: gateway }).model()).rejects.toMatchObject({
      kind: 'foreign',
      status: 502,
    });
    const nothing = new NaevusClient({ baseUrl: 'http://127.0.0.1:9' });
    await expect(nothing.model()).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('retryAfterMs', () => {
  const NOW = Date.UTC(2026, 0, 1);

  it.each([
    ['2', 2000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('of %j is %j', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });
});
