import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/runtime/node/server/settings.ts';
import { pythonWith } from './helpers/python-packages.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const DEPLOY = path('../deploy');
const ROOT = path('../..');
const DOCKERFILE = join(DEPLOY, 'Dockerfile');
const KSERVE = join(DEPLOY, 'kserve.yaml');
const MANIFESTS = readdirSync(join(DEPLOY, 'kubernetes'))
  // Not sent to a cluster, and of no schema that one has.
  .filter((name) => name !== 'kustomization.yaml')
  .map((name) => join(DEPLOY, 'kubernetes', name));

const lint = await pythonWith('deploy-files');
const kserve = await pythonWith('v2-clients');

describe('the files of a deployment', () => {
  it.skipIf(!lint)(
    'are what hadolint and the schemas of Kubernetes say',
    async () => {
      const script = path('helpers/python/deploy_files.py');
      const { stdout } = await lint!([script, DOCKERFILE, ...MANIFESTS]).catch((error) => {
        throw new Error(`${error.stdout}${error.stderr}`);
      });
      expect(stdout.trim()).toBe('8 manifests');
    },
    120_000,
  );

  it.skipIf(!kserve)(
    "are what KServe's types say",
    async () => {
      const { stdout } = await kserve!([path('helpers/python/kserve_manifest.py'), KSERVE]);
      const { sent, understood } = JSON.parse(stdout) as { sent: unknown; understood: unknown };
      expect(understood).toEqual(sent);
    },
    120_000,
  );

  it('set what the server reads', () => {
    const files = [...MANIFESTS, KSERVE, join(DEPLOY, 'compose.yaml'), DOCKERFILE];
    const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const found = text.matchAll(
      /\s(NAEVUS_\w+|REDIS_URL|HOST|PORT)(?:, value: |: |=)'?([^'\s}]+)/g,
    );
    const variables = Object.fromEntries([...found].map(([, name, value]) => [name!, value!]));
    expect(Object.keys(variables).sort()).toEqual([
      'HOST',
      'NAEVUS_ALLOW_ANONYMOUS',
      'NAEVUS_API_KEYS_FILE',
      'NAEVUS_RATE_LIMIT',
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
