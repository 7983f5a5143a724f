import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { readTaxonomy } from '@naevus/shared/taxonomy/read-taxonomy';
import { labelsOf, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NaevusClient } from '../src/client/client.ts';
import type { OpenApiDocument } from '../src/http/openapi/document.ts';
import { gradcamResponseSchema } from '../src/schemas/gradcam.ts';
import { inferResponseSchema } from '../src/schemas/inference-protocol.ts';
import { modelResponseSchema } from '../src/schemas/model.ts';
import { predictResponseSchema } from '../src/schemas/prediction.ts';
import { writeFixtureArtifact, writeFixtureVersion } from './helpers/fixture-artifact.ts';
import { jpeg, RED } from './helpers/pictures.ts';
import { type ServerProcess, startServer } from './helpers/server-process.ts';

const NAEVUS = fileURLToPath(new URL('../naevus.mjs', import.meta.url));

type Schemas = Record<string, { properties: Record<string, unknown> }>;

/** Two classes without risk groups, one of them without a name in other languages. */
const TWO = readTaxonomy({
  schemaVersion: 1,
  name: 'wrist',
  title: 'Wrist fractures',
  classes: [
    { label: 'broken', name: { en: 'Fracture', de: 'Bruch' } },
    { label: 'whole', name: { en: 'No fracture (Ø)' } },
  ],
});

/** HAM10000's classes and one that is critical beside melanoma. */
const EIGHT: Taxonomy = readTaxonomy({
  ...HAM10000,
  name: 'ham10000-scc',
  title: 'HAM10000 and squamous cell carcinoma',
  unseen: [{ name: 'Merkel cell carcinoma', nextTo: 'scc' }],
  classes: [
    ...HAM10000.classes,
    {
      label: 'scc',
      name: { en: 'Squamous cell carcinoma', de: 'Plattenepithelkarzinom' },
      risk: 'malignant',
      critical: true,
      codes: { icd10: ['C44.9'], icd11: [], snomedCt: [] },
    },
  ],
});

let red: Uint8Array<ArrayBuffer>;
let folder: string;

beforeAll(async () => {
  red = await jpeg(RED);
  folder = mkdtempSync(join(tmpdir(), 'taxonomies-'));
  writeFileSync(join(folder, 'red.jpg'), red);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['2 classes without risk groups', TWO],
  ['8 classes', EIGHT],
] as const)('a version of %s', (_, taxonomy) => {
  const labels = labelsOf(taxonomy);
  const count = labels.length;
  const risky = taxonomy === EIGHT;
  const artifact = writeFixtureArtifact({ taxonomy, assessed: true });
  let server: ServerProcess;
  // biome-ignore lint/suspicious/noExplicitAny: of several kinds
  const json = async (response: Promise<Response>): Promise<any> => (await response).json();

  beforeAll(async () => {
    server = await startServer({ NAEVUS_MODEL_DIR: artifact, NAEVUS_METRICS: 'open' });
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it('answers /predict with its own labels and names, in the language asked for', async () => {
    const answer = predictResponseSchema.parse(await json(server.post('/predict', red)));
    expect(answer.predictions.map(({ label }) => label).sort()).toEqual([...labels].sort());
    const sum = answer.predictions.reduce((total, { score }) => total + score, 0);
    expect(sum).toBeCloseTo(1, 9);
    expect(Object.keys(answer.prior.probabilities)).toEqual(labels);
    const { assessment } = answer;
    if (risky) {
      expect(assessment).toMatchObject({ operating_point: 'critical-sensitivity-95' });
      expect(assessment!.triage).toMatch(/^(refer|review|routine)$/);
      const together = answer.predictions.filter(({ risk }) => risk !== 'benign');
      expect(assessment!.malignant_score).toBeCloseTo(
        together.reduce((total, { score }) => total + score, 0),
        9,
      );
    } else {
      expect(assessment).toMatchObject({
        malignant_score: null,
        threshold: null,
        operating_point: null,
        triage: null,
        flagged: false,
        abstained: false,
      });
      for (const { risk } of answer.predictions) expect(risk).toBeNull();
    }
    const german = predictResponseSchema.parse(
      await json(server.post('/predict?language=de', red)),
    );
    const names = german.predictions.map(({ name }) => name);
    // English where the taxonomy has no translation.
    expect(names).toEqual(
      expect.arrayContaining(
        risky ? ['Plattenepithelkarzinom', 'Melanom'] : ['Bruch', 'No fracture (Ø)'],
      ),
    );
    expect(german.limits).toContain('none');
  });

  it('takes its own priors, classes and operating points, and no others', async () => {
    const shares = labels.map(() => 1 / count).join();
    expect((await server.post(`/predict?prior=${shares}`, red)).status).toBe(200);
    const refused = await json(server.post(`/predict?prior=${shares},0.1&top_k=${count + 1}`, red));
    expect(refused.detail).toContain(`top_k must be a whole number from 1 to ${count}`);
    expect(refused.detail).toContain(`${count} numbers above 0`);
    const map = gradcamResponseSchema.parse(
      await json(
        server.post(`/gradcam?class=${labels.at(-1)}`, red, { Accept: 'application/json' }),
      ),
    );
    expect(map.class).toBe(labels.at(-1));
    const strange = await json(server.post('/gradcam?class=strange', red));
    expect(strange.detail).toBe(`class must be one of ${labels.join(', ')}`);
    const point = await server.post('/predict?operating_point=melanoma-sensitivity-90', red);
    expect(point.status).toBe(risky ? 200 : 400);
    // A name with letters that the font of the legend lacks.
    const legend = await server.post(`/gradcam?class=${labels.at(-1)}&legend=true`, red);
    expect(legend.status).toBe(200);
  });

  it('has tensors of its own shapes', async () => {
    const { name } = await json(fetch(`${server.url}/model`));
    const base = `/v2/models/${name}`;
    const metadata = await json(fetch(`${server.url}${base}`));
    expect(metadata.parameters.labels).toBe(labels.join());
    const outputs: { name: string; shape: number[] }[] = metadata.outputs;
    expect(outputs.find((one) => one.name === 'probabilities')!.shape).toEqual([-1, count]);
    expect(outputs.some((one) => one.name === 'triage')).toBe(risky);
    const headers = { 'Inference-Header-Content-Length': '0' };
    for (const kind of ['infer', 'explain']) {
      const answer = inferResponseSchema.parse(
        await json(server.post(`${base}/${kind}`, red, headers)),
      );
      const shapes = Object.fromEntries(answer.outputs.map((one) => [one.name, one.shape]));
      expect(shapes.probabilities).toEqual([1, count]);
      if (kind === 'explain') expect(shapes.cam).toEqual([1, count, 7, 7]);
    }
  });

  it('is described by /model, /openapi.json, /docs, /metrics and the page', async () => {
    const model = modelResponseSchema.parse(await json(fetch(`${server.url}/model`)));
    expect(model.taxonomy).toEqual(taxonomy);
    expect(model.labels.map(({ label }) => label)).toEqual(labels);
    const document = (await json(fetch(`${server.url}/openapi.json`))) as OpenApiDocument;
    const { Prediction, Assessment, PredictResponse } = document.components.schemas as Record<
      string,
      { properties: Record<string, { enum?: string[]; anyOf?: unknown[]; maxItems?: number }> }
    >;
    expect(Prediction!.properties.label!.enum).toEqual(labels);
    expect(PredictResponse!.properties.predictions!.maxItems).toBe(count);
    expect(Assessment!.properties.triage!.anyOf !== undefined).toBe(!risky);
    expect(JSON.stringify(document)).not.toContain('seven');
    const docs = await (await fetch(`${server.url}/docs`)).text();
    expect(docs).toContain(`?class=${risky ? 'mel' : 'broken'}`);
    const page = await (await fetch(`${server.url}/`)).text();
    for (const { name } of taxonomy.classes) expect(page).toContain(name.en);
    expect(page).toContain(`for ${count} diagnostic classes`);
    expect(page).not.toMatch(/seven/i);
    for (const language of ['en', 'de', 'fr', 'es']) {
      const translated = await (await fetch(`${server.url}/?language=${language}`)).text();
      const head = translated.slice(
        translated.indexOf('<title>'),
        translated.indexOf('id="stage"'),
      );
      expect(head.replace(/<script type="application.*?<\/script>/s, '')).not.toMatch(
        /skin|Haut|peau|cutan|piel|dermatosc|Dermatosk/,
      );
    }
    if (!risky) expect(page).not.toMatch(/melanoma|id="examples"|name="operating_point"/i);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`naevus_predictions_total{label="(${labels.join('|')})"`));
    expect(/naevus_image_malignant_score_count{/.test(metrics)).toBe(risky);
  });

  it('reports in FHIR and as PDF', async () => {
    const report = await json(server.post('/predict', red, { Accept: 'application/fhir+json' }));
    const ids = report.contained.map(({ id }: { id: string }) => id);
    for (const label of labels) expect(ids).toContain(`class-${label}`);
    expect(ids.includes('triage')).toBe(risky);
    const pdf = await server.post('/lesion', red, { Accept: 'application/pdf' });
    expect(pdf.headers.get('Content-Type')).toBe('application/pdf');
  });

  it('has a column for each label in the tables of the command line', async () => {
    const args = ['predict', join(folder, 'red.jpg'), '--format', 'csv'];
    const env = { PATH: process.env.PATH, NAEVUS_MODEL_DIR: artifact, NAEVUS_WORKERS: '1' };
    const { stdout } = await promisify(execFile)(process.execPath, [NAEVUS, ...args], { env });
    expect(stdout.split('\r\n')[0]).toBe(
      `file,${labels.join()},label,abstained,triage,flagged,malignant_score,prediction_set,reasons,error`,
    );
    await expect(
      promisify(execFile)(
        process.execPath,
        [NAEVUS, 'gradcam', join(folder, 'red.jpg'), '-o', join(folder, 'x.png'), '--class', 'x'],
        { env },
      ),
    ).rejects.toThrow(`--class must be one of ${labels.join(', ')}, not x`);
  });

  it('is known to a client that is told its labels, and an error to another', async () => {
    const client = new NaevusClient({ baseUrl: server.url, labels });
    const { predictions } = await client.predict(red);
    expect(labels).toContain(predictions[0]!.label);
    expect((await client.gradcamPicture(red)).predictedClass).toBe(predictions[0]!.label);
    const usual = new NaevusClient({ baseUrl: server.url });
    await expect(usual.predict(red)).rejects.toMatchObject({
      kind: 'other-classes',
      message: expect.stringContaining(labels.join(', ')),
    });
    await expect(usual.model()).rejects.toMatchObject({ kind: 'other-classes' });
  });
});

describe('versions with different classes on one server', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const root = writeFixtureArtifact({ taxonomy: TWO, assessed: true, version: '0.0.2' });
    writeFixtureVersion(root, { assessed: true, version: '0.0.3' });
    server = await startServer({ NAEVUS_MODEL_DIR: root, NAEVUS_VERSIONS: '0.0.2' });
  });

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  it('are each asked by their own', async () => {
    const ask = async (query: string) => {
      const response = await server.post(`/predict${query}`, red);
      return { status: response.status, body: await response.json() };
    };
    await expect.poll(async () => (await ask('?version=0.0.2')).status).toBe(200);
    const two = predictResponseSchema.parse((await ask('?version=0.0.2&prior=0.5,0.5')).body);
    expect(two.predictions).toHaveLength(2);
    const usual = predictResponseSchema.parse((await ask('?top_k=7')).body);
    expect(usual.predictions).toHaveLength(7);
    expect((await ask('?top_k=7&version=0.0.2')).status).toBe(400);
    const form = new FormData();
    form.append('image', new Blob([red]));
    form.append('version', '0.0.2');
    form.append('prior', '0.25,0.75');
    const response = await fetch(`${server.url}/predict`, { method: 'POST', body: form });
    expect(predictResponseSchema.parse(await response.json()).prior.probabilities).toEqual({
      broken: 0.25,
      whole: 0.75,
    });
  });

  it('are described by strings, and the page offers those that it is made for', async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const document = (await response.json()) as { components: { schemas: Schemas } };
    expect(document.components.schemas.Prediction!.properties.label).toEqual({ type: 'string' });
    const page = await (await fetch(`${server.url}/`)).text();
    expect(page).toContain('0.0.3 (current)');
    expect(page).not.toContain('>0.0.2<');
  });
});
