import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { jpeg } from './helpers/pictures.ts';
import { freePort } from './helpers/redis.ts';
import { startServer } from './helpers/server-process.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: { key: string; value: Record<string, unknown> }[];
}

const bodies: string[] = [];
let collector: Server;
let endpoint: string;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/v1/traces') bodies.push(body);
    response.setHeader('Content-Type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterAll(() => {
  collector.close();
});

describe('traces', () => {
  it('reach the collector, in the trace of the caller, with nothing of who asked', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const image = await jpeg();
    await server.post('/predict', image, {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      'User-Agent': 'secret',
      'X-Request-Id': 'the-id',
    });
    // What is not sane begins a trace of its own.
    await server.post('/predict', image, { traceparent: '00-zz-secret-01' });
    await server.post('/predict?patient=secret', image);
    await fetch(`${server.url}/secret`);
    await fetch(`${server.url}/health/live`);
    // What was not sent yet is sent before the process ends.
    expect(await server.stop()).toBe(0);
    const text = bodies.join();
    expect(text).toContain('deployment.environment.name');
    expect(text).toContain('"naevus"');
    expect(text).not.toMatch(/secret|127\.0\.0\.1|health/);
    const spans = bodies.flatMap((body) => {
      const { resourceSpans } = JSON.parse(body) as {
        resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[];
      };
      return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    });
    const followed = spans.filter((span) => span.traceId === traceId);
    const request = followed.find(({ name }) => name === 'POST /predict')!;
    const analyse = followed.find(({ name }) => name === 'analyse')!;
    expect(request.parentSpanId).toBe('b7ad6b7169203331');
    expect(analyse.parentSpanId).toBe(request.spanId);
    const attributes = Object.fromEntries(
      [...request.attributes, ...analyse.attributes].map(({ key, value }) => [
        key,
        Object.values(value)[0],
      ]),
    );
    expect(attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/predict',
      'http.response.status_code': 200,
      'naevus.request_id': 'the-id',
      'naevus.images': 1,
    });
    expect(attributes['naevus.inference_ms']).toBeGreaterThan(0);
    expect(spans.filter(({ name }) => name === 'POST /predict')).toHaveLength(3);
    expect(spans.filter(({ name }) => name === 'GET')).toHaveLength(1);
    expect(server.log).toContainEqual(expect.objectContaining({ requestId: 'the-id', traceId }));
  });

  it('do not hold up the answers, nor the end, where the collector is not there', async () => {
    const server = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    });
    expect((await server.post('/predict', await jpeg())).status).toBe(200);
    const told = () => server.log.find(({ msg }) => msg === 'traces do not reach their collector');
    await expect.poll(told, { timeout: 15_000 }).toMatchObject({ level: 40 });
    expect(told()!.reason).not.toMatch(/stack|\n| at /);
    const start = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - start).toBeLessThan(15_000);
  }, 40_000);
});
