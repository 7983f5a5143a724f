import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { softmax } from '@naevus/shared/answer/probabilities';
import { manifestSchema } from '@naevus/shared/model/manifest';
import { type AnswerHistograms, countAnswers } from '@naevus/shared/monitoring/histograms';
import { driftMetric } from '@naevus/shared/monitoring/metric-names';
import { DRIFT_EDGES, DRIFT_QUANTITIES } from '@naevus/shared/monitoring/quantities';
import { createRandom } from '@naevus/shared/statistics/random';
import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictionsCsv } from '../../reports/predictions-csv.ts';
import { bundledFolder, bundledVersions } from '../../versions/fixtures/bundled-versions.ts';
import { buildDriftReference, type ReferenceAnswer } from '../assessment/drift-reference.ts';
import { DRIFT_REFERENCE_PATH } from './reference.ts';

const count = (answers: Parameters<typeof countAnswers>[0]) => countAnswers(answers, HAM10000);

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [, VERSION] = await bundledVersions();
const BUNDLED = bundledFolder(VERSION);

let folder: string;
let model: string;
let modelWithoutReference: string;
let sha256: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drift-'));
  model = join(folder, 'model');
  modelWithoutReference = join(folder, 'without-reference');
  const reference = buildDriftReference(answers(1, 2000), 'validation', 1);
  const bytes = Buffer.from(JSON.stringify(reference));
  const manifest = JSON.parse(await readFile(join(BUNDLED, 'manifest.json'), 'utf8'));
  manifest.files = manifest.files.filter(
    ({ path }: { path: string }) => path !== DRIFT_REFERENCE_PATH,
  );
  await cp(BUNDLED, modelWithoutReference, { recursive: true });
  await writeFile(join(modelWithoutReference, 'manifest.json'), JSON.stringify(manifest));
  manifest.files.push({
    path: DRIFT_REFERENCE_PATH,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  await cp(BUNDLED, model, { recursive: true });
  await writeFile(join(model, DRIFT_REFERENCE_PATH), bytes);
  const text = JSON.stringify(manifestSchema.parse(manifest));
  await writeFile(join(model, 'manifest.json'), text);
  sha256 = createHash('sha256').update(text).digest('hex');
});
afterAll(() => rm(folder, { recursive: true }));

function answers(seed: number, images: number, darker = 0): ReferenceAnswer[] {
  const random = createRandom(seed);
  return Array.from({ length: images }, () => ({
    scores: softmax(LABELS.map((label) => 2 * random.normal() + (label === 'nv' ? 2 : 0))),
    measurements: {
      distance: 0.2 + 0.05 * random.normal(),
      quality: {
        sharpness: 0.65 + 0.05 * random.normal(),
        brightness: 0.6 + 0.07 * random.normal() - darker,
        clipped: 0,
        lesion_contrast: 0.25 + 0.08 * random.normal(),
        colour: -6 + 2 * random.normal(),
        lesion_area: 0.5 * random.next(),
        hair: 0.01 * random.next(),
      },
    },
    lesionId: null,
  }));
}

/** What a server answers to `GET /metrics`, as prom-client writes it. */
function scrape(
  { labels, quantities }: AnswerHistograms,
  { version = VERSION, digest = sha256, start = 1000 } = {},
): string {
  const lines = [
    '# HELP naevus_http_requests_total Requests answered.',
    '# TYPE naevus_http_requests_total counter',
    '# TYPE naevus_model_info gauge',
    `naevus_model_info{name="n",version="${version}",sha256="${digest}",current="true"} 1`,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${start}`,
    '# TYPE naevus_predictions_total counter',
    ...LABELS.flatMap((label, k) =>
      labels[k]
        ? [`naevus_predictions_total{label="${label}",version="${version}"} ${labels[k]}`]
        : [],
    ),
  ];
  for (const quantity of DRIFT_QUANTITIES) {
    const name = driftMetric(quantity);
    lines.push(`# HELP ${name} Text.`, `# TYPE ${name} histogram`);
    const counts = quantities[quantity];
    if (counts === undefined) continue;
    let below = 0;
    for (const [i, count] of counts.entries()) {
      below += count;
      const le = DRIFT_EDGES[quantity][i] ?? '+Inf';
      lines.push(`${name}_bucket{le="${le}",version="${version}"} ${below}`);
    }
    lines.push(`${name}_sum{version="${version}"} 1.5e-7`);
    lines.push(`${name}_count{version="${version}"} ${below}`);
  }
  return `${lines.join('\n')}\n`;
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Runs the built command as npm's script does. */
function drift(args: readonly string[], env: Record<string, string> = {}) {
  const command = [at('../../../dist/drift.js'), ...args];
  return promisify(execFile)(process.execPath, command, { env: { ...process.env, ...env } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code: code as number, stdout, stderr }),
  );
}
const compare = async (...args: string[]) => {
  const { code, stdout, stderr } = await drift(['--model', model, '--json', ...args]);
  return { code, stderr, ...(stdout && JSON.parse(stdout)) };
};

describe('npm run drift', () => {
  it('finds no drift in a scrape of the same kind: 0', async () => {
    const metrics = await file('same.prom', scrape(count(answers(2, 500))));
    expect(await compare('--metrics', metrics)).toMatchObject({
      code: 0,
      verdict: 'no-drift',
      images: 500,
      referenceImages: 2000,
      model: { version: VERSION, sha256 },
      notes: [],
    });
    const { stdout } = await drift(['--model', model, '--metrics', metrics]);
    expect(stdout).toContain('No drift: 500 answers against 2000 of the reference');
    for (const name of ['labels', ...DRIFT_QUANTITIES]) {
      expect(stdout).toMatch(
        new RegExp(`^${name.replaceAll('_', ' ')} .*chance explains it$`, 'm'),
      );
    }
  });

  it('finds what has become darker, and names it: 1', async () => {
    const metrics = await file('dark.prom', scrape(count(answers(3, 500, 0.05))));
    const { code, verdict, quantities } = await compare('--metrics', metrics);
    expect({ code, verdict }).toEqual({ code: 1, verdict: 'drift' });
    expect(quantities[0]).toMatchObject({ quantity: 'brightness', change: 'large' });
    const { stdout } = await drift(['--model', model, '--metrics', metrics]);
    expect(stdout).toMatch(/^Drift: 500 answers .*; brightness$/m);
    expect((await compare('--metrics', metrics, '--threshold', '5')).verdict).not.toBe('drift');
  });

  it('cannot tell from few, or from none: 2', async () => {
    const few = await file('few.prom', scrape(count(answers(4, 40))));
    expect(await compare('--metrics', few)).toMatchObject({ code: 2, verdict: 'cannot-tell' });
    const none = await file('none.prom', scrape(count([])));
    expect(await compare('--metrics', none)).toMatchObject({ code: 2, images: 0, quantities: [] });
    expect((await drift(['--model', model, '--metrics', none])).stdout).toContain(
      'Cannot tell yet: 0 answers',
    );
  });

  it('takes what was counted between two scrapes, of all servers together', async () => {
    const old = answers(5, 600, 0.2);
    const before = await file('before.prom', scrape(count(old)));
    const after = await file('after.prom', scrape(count([...old, ...answers(6, 300)])));
    expect(await compare('--metrics', after)).toMatchObject({ code: 1, images: 900 });
    expect(await compare('--metrics', after, '--since', before)).toMatchObject({
      code: 0,
      images: 300,
      notes: [],
    });
    const other = await file('other.prom', scrape(count(answers(7, 250)), { start: 5 }));
    const empty = await file('empty.prom', scrape(count([]), { start: 5 }));
    const both = ['--metrics', after, '--metrics', other, '--since', before, '--since', empty];
    expect(await compare(...both)).toMatchObject({ code: 0, images: 550 });
  });

  it('notices a server that was started anew in between', async () => {
    const before = await file('long.prom', scrape(count(answers(8, 100))));
    for (const start of [1000, 2000]) {
      const images = start === 1000 ? 90 : 400;
      const after = await file('anew.prom', scrape(count(answers(9, images)), { start }));
      const { images: counted, notes } = await compare('--metrics', after, '--since', before);
      expect(counted).toBe(images);
      expect(notes).toEqual([expect.stringContaining('was started anew')]);
    }
  });

  it('takes a version as new where the earlier scrape does not name it', async () => {
    const before = scrape(count(answers(8, 100)), { version: '0.2.0' });
    const after = await file('newer.prom', scrape(count(answers(9, 400))));
    const since = await file('older.prom', before);
    expect(await compare('--metrics', after, '--since', since)).toMatchObject({
      images: 400,
      notes: [],
    });
  });

  it('compares the scores of a CSV', async () => {
    const rows = answers(10, 500).map(({ scores }, i) => ({ imageId: `a,${i}`, scores }));
    const csv = predictionsCsv(rows);
    const evaluated = await file('evaluated.csv', csv);
    expect(await compare('--predictions', evaluated)).toMatchObject({ code: 0, images: 500 });
    // naevus predict has an error in place of scores.
    const failed = await file('predicted.csv', `${csv}broken.jpg,,,,,,,\n`);
    const { images, notes } = await compare('--predictions', failed);
    expect(images).toBe(500);
    expect(notes.join()).toContain('1 of 501 rows');
    const wrong = await file('wrong.csv', `${csv}odd,2,0,0,0,0,0,0\n`);
    expect((await compare('--predictions', wrong)).stderr).toContain('the scores of odd are not');
    const other = await file('other.csv', 'a,b\n1,2\n');
    expect((await compare('--predictions', other)).stderr).toContain('lacks the columns akiec');
  });

  describe('asks a server', () => {
    let server: Server;
    let url: string;
    const asked: (string | undefined)[] = [];
    beforeAll(async () => {
      server = createServer((request, response) => {
        asked.push(`${request.url} ${request.headers.authorization}`);
        if (request.url !== '/metrics') response.writeHead(404).end();
        else if (request.headers.authorization !== 'Bearer secret') response.writeHead(401).end();
        else response.end(scrape(count(answers(11, 500))));
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => void server.close());

    it('with its key', async () => {
      const args = ['--model', model, '--metrics', url];
      const refused = await drift(args, { NAEVUS_KEY: '' });
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('NAEVUS_KEY') });
      expect(await drift(args, { NAEVUS_KEY: 'secret' })).toMatchObject({ code: 0 });
      expect(asked.at(-1)).toBe('/metrics Bearer secret');
    });

    it('and says when there is none, or nothing to read', async () => {
      const { stderr } = await drift(['--model', model, '--metrics', `${url}/elsewhere`]);
      expect(stderr).toContain('answers 404: it shows no metrics');
      const gone = await drift(['--model', model, '--metrics', 'http://127.0.0.1:1/metrics']);
      expect(gone.stderr).toContain('http://127.0.0.1:1/metrics does not answer: ');
      expect(gone.stderr).not.toContain('    at ');
    });
  });

  it('says what is wrong with what it is given', async () => {
    const same = scrape(count(answers(2, 300)));
    const said = async (name: string, text: string, ...more: string[]) => {
      const { code, stderr } = await compare('--metrics', await file(name, text), ...more);
      expect(code).toBe(2);
      expect(stderr).not.toContain('    at ');
      return stderr;
    };
    expect(await said('x.prom', 'up 1\n')).toContain('holds no metrics of a Naevus server');
    expect(await said('x.prom', same.replaceAll('naevus_image_', 'naevus_'))).toContain(
      'has no naevus_image_top_score',
    );
    const other = scrape(count(answers(2, 300)), { version: '9.9.9' });
    expect(await said('x.prom', other)).toContain(`is of other versions (9.9.9) than ${VERSION}`);
    const digest = 'f'.repeat(64);
    const changed = scrape(count(answers(2, 300)), { digest });
    expect(await said('x.prom', changed)).toContain(`is of another ${VERSION} (manifest ${digest}`);
    const bins = same.replace(
      'naevus_image_hair_bucket{le="0.3"',
      'naevus_image_hair_bucket{le="0.4"',
    );
    expect(await said('x.prom', bins)).toContain('counts hair in other bins');
    expect(await said('x.prom', same, '--since', 'none.prom', '--since', 'x')).toContain(
      '2 times --since',
    );
    expect(await said('x.prom', same, '--since', 'missing.prom')).toContain(
      'cannot read missing.prom: ENOENT',
    );
    expect(await said('x.prom', same, '--threshold', 'much')).toContain('--threshold much');
    const older = ['--model', modelWithoutReference];
    expect(await said('x.prom', same, ...older)).toContain(
      'has no reports/reference-histograms.json',
    );
    expect((await drift([])).stderr).toContain('--metrics or --predictions is needed');
    expect((await drift(['--predictions', 'x', '--since', 'y'])).stderr).toContain('--since needs');
    expect((await drift(['--mertics', 'x'])).stderr).toContain("'--mertics'");
  });

  it('refuses a reference that is not what the manifest says', async () => {
    const path = join(model, DRIFT_REFERENCE_PATH);
    const whole = await readFile(path);
    const metrics = await file('same.prom', scrape(count(answers(2, 500))));
    try {
      await writeFile(path, whole.with(200, whole[200]! ^ 1));
      expect((await compare('--metrics', metrics)).stderr).toContain('has sha256');
    } finally {
      await writeFile(path, whole);
    }
  });

  it('explains itself', async () => {
    const { code, stdout } = await drift(['--help']);
    expect(code).toBe(0);
    for (const flag of stdout.match(/--[a-z]+(?= [A-Z]|\])/g)!) {
      expect(stdout).toMatch(new RegExp(`^${flag}\\b`, 'm'));
    }
  });
});
