import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DRIFT_EDGES } from '@naevus/shared/monitoring/quantities';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readSettings } from '../src/runtime/node/server/settings.ts';
import { Prometheus } from '../src/runtime/node/telemetry/prometheus.ts';
import { PROBLEMS } from '../src/schemas/problem.ts';
import { kserveFaults } from './helpers/kserve-rules.ts';
import {
  dashboardSchema,
  prometheusRuleSchema,
  serviceMonitorSchema,
} from './helpers/monitoring-resources.ts';
import { pythonWith } from './helpers/python-packages.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const DEPLOY = path('../deploy');
const ROOT = path('../..');
const DOCKERFILE = join(DEPLOY, 'Dockerfile');
const KUBERNETES = join(DEPLOY, 'kubernetes');
const COMPONENTS = ['ingress', 'monitoring', 'tracing', 'models'].map((name) =>
  join(KUBERNETES, 'components', name),
);
const MONITORING = join(KUBERNETES, 'components/monitoring');
const KSERVE = ['raw', 'serverless'].map((mode) => join(DEPLOY, `kserve/${mode}.yaml`));
const ALL_YAML = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => join(DEPLOY, file));

const lint = await pythonWith('deploy-files');
const kserve = await pythonWith('v2-clients');
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;
if (!hasKubectl) console.warn('SKIPPED: no kubectl in PATH; manifests are not put together');

const scratch = mkdtempSync(join(tmpdir(), 'naevus-deploy-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Kustomization {
  readonly resources: string[];
  readonly components: string[];
  readonly images: { name: string; digest?: string }[];
}

const kustomizationOf = (folder: string): Kustomization =>
  parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization;

/** Whole resources: what the other files patch is not one by itself. */
const resourcesOf = (folder: string): string[] =>
  kustomizationOf(folder).resources.map((name) => join(folder, name));

const documentsOf = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());

/** All of it with all components, as kubectl would apply it. */
function putTogether(): string {
  const folder = join(scratch, 'kubernetes');
  cpSync(KUBERNETES, folder, { recursive: true });
  const file = join(folder, 'kustomization.yaml');
  const names = COMPONENTS.map((component) => `components/${basename(component)}`);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('components: []', `components: [${names.join(', ')}]`));
  return execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
}

const together = hasKubectl ? putTogether() : '';

describe('the files of a deployment', () => {
  it.skipIf(!lint)(
    'are what hadolint and the schemas of Kubernetes say',
    async () => {
      const script = path('helpers/python/deploy_files.py');
      const files = [KUBERNETES, ...COMPONENTS].flatMap(resourcesOf);
      if (hasKubectl) {
        const file = join(scratch, 'together.yaml');
        writeFileSync(file, together);
        files.push(file);
      }
      const { stdout } = await lint!([script, DOCKERFILE, ...files, ...KSERVE]).catch((error) => {
        throw new Error(`${error.stdout}${error.stderr}`);
      });
      // 8 of the base, 3 of components, those and the dashboard together, and 2 beside KServe's.
      expect(stdout.trim()).toBe(`${8 + 3 + (hasKubectl ? 12 : 0) + 2} manifests`);
    },
    120_000,
  );

  it('name images by digest', () => {
    const { images } = kustomizationOf(KUBERNETES);
    for (const { name, digest } of images) expect(digest, name).toMatch(/^sha256:[0-9a-f]{64}$/);
    const used = [...resourcesOf(KUBERNETES), ...KSERVE].flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/image: (\S+)/g)].map(([, image]) => image!),
    );
    expect(used).toHaveLength(4);
    for (const image of used) {
      const listed = images.some(({ name }) => name === image);
      expect(listed || /@sha256:[0-9a-f]{64}$/.test(image), image).toBe(true);
    }
  });

  it.skipIf(!hasKubectl)('are patched where they should be', () => {
    const server = parseAllDocuments(together)
      .map((document) => document.toJS() as { kind: string; metadata: { name: string } })
      .find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'naevus',
      ) as unknown as {
      spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
    };
    const { env } = server.spec.template.spec.containers[0]!;
    const values = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    // The password is in the environment before it is put into the URL.
    const names = Object.keys(values);
    expect(names.indexOf('REDIS_PASSWORD')).toBeLessThan(names.indexOf('REDIS_URL'));
    const { REDIS_PASSWORD: _, ...settings } = values;
    const url = settings.REDIS_URL!.replace('$(REDIS_PASSWORD)', 'c0ffee');
    expect(readSettings({ ...settings, REDIS_URL: url })).toMatchObject({
      NAEVUS_MODEL_DIR: '/models',
      NAEVUS_TRUSTED_PROXIES: ['10.0.0.0/8'],
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://opentelemetry-collector.observability:4318',
    });
  });

  it('set what the server reads', () => {
    const files = [...ALL_YAML, DOCKERFILE];
    const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const found = text.matchAll(
      /\s(NAEVUS_\w+|REDIS_URL|HOST|PORT|OTEL_EXPORTER_OTLP_ENDPOINT)(?:, value: |: |=)'?([^'\s}]+)/g,
    );
    const variables = Object.fromEntries([...found].map(([, name, value]) => [name!, value!]));
    expect(Object.keys(variables).sort()).toEqual([
      'HOST',
      'NAEVUS_ALLOW_ANONYMOUS',
      'NAEVUS_API_KEYS_FILE',
      'NAEVUS_HSTS_SECONDS',
      'NAEVUS_MODEL_DIR',
      'NAEVUS_RATE_LIMIT',
      'NAEVUS_TRUSTED_PROXIES',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'PORT',
      'REDIS_URL',
    ]);
    expect(() => readSettings(variables)).not.toThrow();
  });

  it('copy what there is', () => {
    const copied = readFileSync(DOCKERFILE, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(copied.length).toBeGreaterThan(10);
    for (const file of copied) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});

describe('for KServe', () => {
  it.each(KSERVE)('%s is one that its webhooks and those of Knative take', (file) => {
    const [service, policy] = documentsOf(file) as [object, Record<string, unknown>];
    expect(kserveFaults(service)).toEqual([]);
    const { podSelector, policyTypes } = policy.spec as Record<string, unknown>;
    expect(podSelector).toEqual({
      matchLabels: { 'serving.kserve.io/inferenceservice': 'naevus' },
    });
    expect(policyTypes).toEqual(['Ingress', 'Egress']);
  });

  it.skipIf(!kserve).each(KSERVE)(
    "%s is what KServe's types say",
    async (file) => {
      const { stdout } = await kserve!([path('helpers/python/kserve_manifest.py'), file]);
      const { sent, understood } = JSON.parse(stdout) as { sent: unknown; understood: unknown };
      expect(understood).toEqual(sent);
    },
    120_000,
  );

  const read = (mode: string) =>
    readFileSync(join(DEPLOY, `kserve/${mode}.yaml`), 'utf8').split('\n---\n')[0]!;
  it.each<[string, string, string, string, RegExp]>([
    [
      'a metric of the CPU in serverless mode',
      'serverless',
      'concurrency',
      'cpu',
      /\[cpu\] is not/,
    ],
    ['raw deployment in serverless mode', 'raw', 'Standard', 'Knative', /lifecycle/],
    [
      'a metric of requests in raw mode',
      'raw',
      'scaleTarget',
      'scaleMetric: rps\n    scaleTarget',
      /\[rps\]/,
    ],
    ['a reserved variable', 'serverless', 'NAEVUS_ALLOW_ANONYMOUS', 'PORT', /"PORT" is a reserved/],
    ['a name of a port', 'serverless', 'name: http1', 'name: http', /Port name http/],
    [
      'a port of the queue-proxy',
      'serverless',
      'containerPort: 8080',
      'containerPort: 8012',
      /reserved port/,
    ],
    ['more at least than at most', 'raw', 'minReplicas: 2', 'minReplicas: 20', /minReplicas/],
    ['an unknown member', 'raw', 'timeout:', 'timeoutSeconds:', /[Uu]nrecognized/],
  ])('%s is refused', (_, mode, from, to, fault) => {
    const text = read(mode);
    const changed = text.replace(new RegExp(`${from}(?!.*#)`), to);
    expect(changed).not.toBe(text);
    expect(kserveFaults(parse(changed)).join('\n')).toMatch(fault);
  });
});

describe('what watches the server', () => {
  const monitor = documentsOf(join(MONITORING, 'service-monitor.yaml'))[0];
  const alerts = documentsOf(join(MONITORING, 'alerts.yaml'))[0];
  const dashboard = JSON.parse(readFileSync(join(MONITORING, 'dashboard.json'), 'utf8')) as unknown;

  it("is what Prometheus' operator and Grafana take", () => {
    const { spec } = serviceMonitorSchema.parse(monitor);
    const [service] = documentsOf(join(KUBERNETES, 'service.yaml')) as [
      { metadata: { labels: object }; spec: { ports: { name: string }[] } },
    ];
    expect(service.metadata.labels).toEqual(spec.selector.matchLabels);
    expect(service.spec.ports.map(({ name }) => name)).toContain(spec.endpoints[0]!.port);
    prometheusRuleSchema.parse(alerts);
    const { panels } = dashboardSchema.parse(dashboard);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('asks for figures, labels and values that there are', async () => {
    const metrics = new Prometheus(true);
    const nothing = { all: [], byVersion: new Map(), current: {} };
    metrics.watch(nothing as unknown as Parameters<Prometheus['watch']>[0], 64);
    metrics.watchLog({ lost: 0 });
    metrics.watchKeys({ fault: undefined });
    metrics.watchServer({ count: 0, unanswered: 0 }, { held: 0 });
    const { text } = await metrics.expose();
    const known = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, n, t]) => [n!, t!]));
    const { panels } = dashboardSchema.parse(dashboard);
    const { groups } = prometheusRuleSchema.parse(alerts).spec;
    const expressions = [
      ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ];
    expect(expressions.length).toBeGreaterThan(25);
    for (const expression of expressions) {
      const names = expression.match(/\b(naevus|process|nodejs)_\w+/g) ?? [];
      expect(names.length, expression).toBeGreaterThan(0);
      for (const name of names) {
        const family = name.replace(/_(bucket|sum|count)$/, '');
        expect(known.has(name) || known.get(family) === 'histogram', name).toBe(true);
      }
      for (const [, reason] of expression.matchAll(/reason="([^"]+)"/g)) {
        expect(Object.keys(PROBLEMS)).toContain(reason);
      }
      for (const [, edge] of expression.matchAll(/le="([^"]+)"/g)) {
        expect(DRIFT_EDGES.distance.map(String)).toContain(edge);
      }
    }
  });
});
