import { countAnswers } from '@naevus/shared/monitoring/histograms';
import { driftMetric, PREDICTIONS_METRIC } from '@naevus/shared/monitoring/metric-names';
import {
  type CountedAnswer,
  DRIFT_EDGES,
  DRIFT_QUANTITIES,
} from '@naevus/shared/monitoring/quantities';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from '../src/runtime/node/access/new-key.ts';
import type { PredictResponse } from '../src/schemas/prediction.ts';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { BLUE, jpeg } from './helpers/pictures.ts';
import { exchange } from './helpers/raw-http.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format 0.0.4, strictly: every sample after the HELP and TYPE of its family. */
function parse(text: string): Sample[] {
  const families = new Map<string, string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').filter((part) => part !== '')) {
    const type = /^# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram|summary)$/.exec(line);
    if (type) {
      expect(families.has(type[1]!), line).toBe(false);
      families.set(type[1]!, type[2]!);
    } else if (!/^# HELP [a-z][a-z0-9_]* \S/.test(line)) {
      const match = /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      expect(match, line).not.toBeNull();
      const [, name, labelText = '', value] = match!;
      const family = families.has(name!) ? name! : name!.replace(/_(bucket|sum|count)$/, '');
      expect(families.has(family), line).toBe(true);
      expect(seen.has(line.slice(0, line.lastIndexOf(' '))), line).toBe(false);
      seen.add(line.slice(0, line.lastIndexOf(' ')));
      expect(value).toMatch(/^([+-]?Inf|NaN|-?\d+(\.\d+)?(e[+-]\d+)?)$/);
      const labels = Object.fromEntries(
        [...labelText.matchAll(/([a-z][a-z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map(([, k, v]) => [
          k!,
          v!,
        ]),
      );
      samples.push({ name: name!, labels, value: Number(value!.replace('Inf', 'Infinity')) });
    }
  }
  for (const [name, type] of families) {
    if (type === 'counter' && name.startsWith('naevus_')) expect(name).toMatch(/_total$/);
    if (type === 'histogram' && name.startsWith('naevus_')) {
      expect(name).toMatch(/_seconds$|^naevus_image_/);
    }
  }
  return samples;
}

let server: ServerProcess;

beforeAll(async () => {
  server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact(), NAEVUS_WORKERS: '2' });
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

async function scrape(): Promise<Sample[]> {
  const response = await fetch(`${server.url}/metrics`);
  expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parse(await response.text());
}

function sampleOf(samples: Sample[], name: string, labels: Record<string, string> = {}): number {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = samples.filter(
    (sample) =>
      sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  );
  return found[0]?.value ?? 0;
}

describe('GET /metrics', () => {
  it('counts requests, images by label, what was refused and why, and how long it took', async () => {
    const before = await scrape();
    const [red, blue] = [await jpeg(), await jpeg(BLUE)];
    for (const image of [red, red, blue]) {
      expect((await server.post('/predict', image)).status).toBe(200);
    }
    expect((await server.post('/gradcam', red)).status).toBe(200);
    expect((await server.post('/predict', 'text')).status).toBe(415);
    const images = [red, new Uint8Array([1, 2, 3])].map((b) => Buffer.from(b).toString('base64'));
    expect((await server.postJson('/predict', { images })).status).toBe(200);
    await exchange(server.port, 'nonsense\r\n\r\n');
    const after = await scrape();
    const grown = (name: string, labels?: Record<string, string>) =>
      sampleOf(after, name, labels) - sampleOf(before, name, labels);

    const predict = { method: 'POST', route: '/predict' };
    expect(grown('naevus_http_requests_total', { ...predict, status: '200' })).toBe(4);
    expect(grown('naevus_http_requests_total', { ...predict, status: '415' })).toBe(1);
    expect(grown('naevus_http_request_duration_seconds_count', predict)).toBe(5);
    expect(grown('naevus_predictions_total', { label: 'mel', version: '0.0.1' })).toBe(4);
    expect(grown('naevus_predictions_total', { label: 'vasc', version: '0.0.1' })).toBe(1);
    // The request that was refused, and the one image of the batch that was answered.
    expect(grown('naevus_rejects_total', { reason: 'unsupported-format' })).toBe(2);
    expect(grown('naevus_rejects_total', { reason: 'bad-request' })).toBe(1);
    for (const stage of ['decode', 'inference', 'queue_wait']) {
      expect(grown(`naevus_${stage}_seconds_count`), stage).toBe(5);
      expect(grown(`naevus_${stage}_seconds_sum`), stage).toBeGreaterThan(0);
    }
    expect(sampleOf(after, 'naevus_queue_depth')).toBe(0);
    expect(sampleOf(after, 'naevus_queue_limit')).toBe(64);
    expect(sampleOf(after, 'naevus_workers')).toBeGreaterThan(0);
    expect(after.find(({ name }) => name === 'naevus_model_info')).toMatchObject({
      labels: { name: 'naevus-fixture', version: '0.0.1', current: 'true' },
      value: 1,
    });
    expect(sampleOf(after, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);
  });

  it('counts of every answer, however it was asked for, into which bins it falls', async () => {
    const assessed = await startServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact({ assessed: true }),
      NAEVUS_WORKERS: '1',
    });
    try {
      const [red, blue] = [await jpeg(), await jpeg(BLUE)];
      const answers: CountedAnswer[] = [];
      const keep = ({ predictions, quality, in_distribution }: PredictResponse) => {
        const checked = Object.fromEntries(quality!.checks.map((one) => [one.check, one.value]));
        answers.push({
          scores: LABELS.map((label) => predictions.find((one) => one.label === label)!.score),
          measurements: { distance: in_distribution!.distance, quality: checked as never },
        });
      };
      keep((await (await assessed.post('/predict', red)).json()) as never);
      // Another prior than the version's changes the answer, not the figures.
      const uniform = await assessed.post('/predict?prior=0.4,0.1,0.1,0.1,0.1,0.1,0.1', red);
      expect(uniform.status).toBe(200);
      answers.push(answers[0]!);
      const images = [red, blue, new Uint8Array(3)].map((b) => Buffer.from(b).toString('base64'));
      const batch = (await (await assessed.postJson('/predict', { images })).json()) as {
        results: PredictResponse[];
      };
      for (const item of batch.results.slice(0, 2)) keep(item);
      expect((await assessed.post('/gradcam', blue)).status).toBe(200);
      // Abstained from, and refused for it.
      expect((await assessed.post('/predict?strict=true', blue)).status).toBe(422);
      const infer = await fetch(`${assessed.url}/v2/models/naevus-fixture/infer`, {
        method: 'POST',
        headers: { 'Inference-Header-Content-Length': '0' },
        body: blue,
      });
      expect(infer.status).toBe(200);
      expect(answers[3]!.measurements!.distance).not.toBe(answers[0]!.measurements!.distance);
      for (let i = 0; i < 3; i++) answers.push(answers[3]!);

      const samples = parse(await (await fetch(`${assessed.url}/metrics`)).text());
      const expected = countAnswers(answers, HAM10000);
      expect(expected.images).toBe(7);
      for (const [k, label] of LABELS.entries()) {
        const counted = sampleOf(samples, PREDICTIONS_METRIC, { label, version: '0.0.1' });
        expect(counted, label).toBe(expected.labels[k]);
      }
      for (const quantity of DRIFT_QUANTITIES) {
        const name = driftMetric(quantity);
        expect(sampleOf(samples, `${name}_count`, { version: '0.0.1' }), quantity).toBe(7);
        const cumulative = samples.filter((one) => one.name === `${name}_bucket`);
        expect(
          cumulative.map(({ labels: { le } }) => Number(le!.replace('+Inf', 'Infinity'))),
        ).toEqual([...DRIFT_EDGES[quantity], Number.POSITIVE_INFINITY]);
        // Of the quality, an answer holds only what has a limit.
        const own = expected.quantities[quantity];
        if (own === undefined) continue;
        const counts = cumulative.map(({ value }, i) => value - (cumulative[i - 1]?.value ?? 0));
        expect(counts, quantity).toEqual(own);
      }
    } finally {
      expect(await assessed.stop()).toBe(0);
    }
  });

  it('has few labels, whatever is sent', async () => {
    for (let i = 0; i < 30; i++) {
      await fetch(`${server.url}/made-up/${i}?q=${i}`, { headers: { 'User-Agent': `agent-${i}` } });
      await fetch(`${server.url}/assets/none-${i}`);
      await server.post(`/v2/models/made-up-${i}/infer`, 'x');
      await server.post(`/predict?version=made-up-${i}`, 'x');
    }
    await exchange(server.port, 'PROPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const samples = await scrape();
    expect(JSON.stringify(samples)).not.toMatch(/made-up|none-|agent-|PROPFIND|127\.0\.0\.1/);
    const labels = samples.map((sample) => sample.labels.label).filter((l) => l !== undefined);
    for (const label of labels) expect(LABELS).toContain(label);
    const own = samples.filter(({ name, labels: l }) => name.startsWith('naevus_') && !('le' in l));
    expect(own.length).toBeLessThan(150);
  });

  it('needs a key where there are keys, unless it is opened, and may be off', async () => {
    const { key, line } = newKey('prometheus', ['metrics']);
    const variables = { NAEVUS_MODEL_DIR: writeFixtureArtifact(), NAEVUS_API_KEYS: line };
    const status = async (more: Record<string, string>, headers = {}) => {
      const other = await startServer({ ...variables, ...more });
      const response = await fetch(`${other.url}/metrics`, { headers });
      expect(await other.stop()).toBe(0);
      return response.status;
    };
    expect(await status({})).toBe(401);
    expect(await status({}, { Authorization: `Bearer ${key}` })).toBe(200);
    expect(await status({ NAEVUS_METRICS: 'open' })).toBe(200);
    expect(await status({ NAEVUS_METRICS: 'off' }, { Authorization: `Bearer ${key}` })).toBe(404);
  });
});
