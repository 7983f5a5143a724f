import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../settings/settings-error.ts';
import { describeSettings, printableSettings, readSettings } from './settings.ts';

const KEY = '/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=';

function faultsOf(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as SettingsError).message;
  }
  throw new Error('the settings were taken');
}

describe('readSettings', () => {
  it('has a default for everything', () => {
    expect(readSettings({ PATH: '/bin' })).toEqual({
      PORT: 8080,
      HOST: '127.0.0.1',
      NAEVUS_ENGINE: 'auto',
      NAEVUS_QUEUE: 64,
      NAEVUS_MAX_BODY_BYTES: 10_485_760,
      NAEVUS_MAX_BODIES_BYTES: 134_217_728,
      NAEVUS_MAX_PIXELS: 52_000_000,
      NAEVUS_MAX_BATCH: 32,
      NAEVUS_TIMEOUT_SECONDS: 30,
      NAEVUS_KEEP_ALIVE_SECONDS: 75,
      NAEVUS_DRAIN_SECONDS: 10,
      NAEVUS_ALLOW_ANONYMOUS: false,
      NAEVUS_LOG_KEY_NAMES: true,
      NAEVUS_TRUSTED_PROXIES: [],
      NAEVUS_METRICS: 'key',
      NAEVUS_LOG_LEVEL: 'info',
    });
  });

  it('reads what is set, and takes nothing for not set', () => {
    expect(
      readSettings({
        PORT: '0',
        HOST: '',
        NAEVUS_WORKERS: '2',
        NAEVUS_TIMEOUT_SECONDS: '0.5',
        NAEVUS_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
        NAEVUS_TRUSTED_KEY: `${KEY}, ${KEY}`,
        NAEVUS_VERSIONS: '1.0.0, 1.1.0-rc.1',
        NAEVUS_RATE_LIMIT: '600/minute',
        NAEVUS_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8,192.0.2.1',
        NAEVUS_ALLOW_ANONYMOUS: 'true',
      }),
    ).toMatchObject({
      PORT: 0,
      HOST: '127.0.0.1',
      NAEVUS_WORKERS: 2,
      NAEVUS_TIMEOUT_SECONDS: 0.5,
      NAEVUS_CORS_ORIGINS: ['https://a.example', 'http://localhost:3000'],
      NAEVUS_TRUSTED_KEY: [KEY, KEY],
      NAEVUS_VERSIONS: ['1.0.0', '1.1.0-rc.1'],
      NAEVUS_RATE_LIMIT: { requests: 600, windowSeconds: 60 },
      NAEVUS_TRUSTED_PROXIES: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'],
      NAEVUS_ALLOW_ANONYMOUS: true,
    });
  });

  it.each([
    ['NAEVUS_QUEUES', '1', 'is not a setting'],
    ['NAEVUS_', '1', 'is not a setting'],
    ['PORT', '80a', 'from 0 to 65535, not "80a"'],
    ['PORT', '65536', 'from 0 to 65535'],
    ['PORT', 'tcp://10.0.0.1:80', 'from 0 to 65535'],
    ['NAEVUS_WORKERS', '0', 'from 1 to'],
    ['NAEVUS_WORKERS', '1.5', 'from 1 to'],
    ['NAEVUS_QUEUE', '-1', 'from 0 to'],
    ['NAEVUS_TIMEOUT_SECONDS', '0', 'seconds'],
    ['NAEVUS_TIMEOUT_SECONDS', '1e3', 'seconds'],
    ['NAEVUS_TRUSTED_KEY', 'key.pub', 'public keys as'],
    ['NAEVUS_VERSIONS', '1.0', 'versions like 1.2.3'],
    ['NAEVUS_RATE_LIMIT', '600', 'like 600/minute'],
    ['NAEVUS_RATE_LIMIT', '0/minute', 'like 600/minute'],
    ['NAEVUS_TRUSTED_PROXIES', '10.0.0.0/33', 'networks like'],
    ['NAEVUS_TRUSTED_PROXIES', 'proxy', 'networks like'],
    ['NAEVUS_ALLOW_ANONYMOUS', 'yes', 'true or false'],
    ['REDIS_URL', 'localhost:6379', 'a URL like redis://'],
    ['NAEVUS_LOG_LEVEL', 'loud', 'one of fatal, error'],
    ['NAEVUS_CORS_ORIGINS', '*', 'origins like'],
    ['NAEVUS_CORS_ORIGINS', 'https://a.example/path', 'origins like'],
  ])('refuses %s=%s by name', (name, value, rule) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toContain(name);
    expect(faults).toContain(rule);
  });

  it('prints no secret', () => {
    expect(faultsOf({ REDIS_URL: 'http://user:secret@cache' })).not.toContain('secret');
    const settings = readSettings({ REDIS_URL: 'redis://:secret@cache', NAEVUS_API_KEYS: 'a:b' });
    const printed = printableSettings(settings);
    expect(printed).toMatchObject({ REDIS_URL: '(set)', NAEVUS_API_KEYS: '(set)', PORT: 8080 });
    expect(JSON.stringify(printed)).not.toMatch(/secret|a:b/);
  });

  it('names every fault, not only the first', () => {
    const faults = faultsOf({ NAEVUS_TYPO: '1', PORT: 'x', NAEVUS_QUEUE: 'y' });
    expect(faults.split('\n')).toHaveLength(3);
  });

  it('leaves alone what Kubernetes puts beside a Service', () => {
    const injected = {
      NAEVUS_PORT: 'tcp://10.0.0.1:80',
      NAEVUS_SERVICE_HOST: '10.0.0.1',
      NAEVUS_SERVICE_PORT: '80',
      NAEVUS_SERVICE_PORT_HTTP: '80',
      NAEVUS_PORT_80_TCP: 'tcp://10.0.0.1:80',
      NAEVUS_PORT_80_TCP_PROTO: 'tcp',
      NAEVUS_PORT_80_TCP_PORT: '80',
      NAEVUS_PORT_80_TCP_ADDR: '10.0.0.1',
      NAEVUS_API_V2_SERVICE_HOST: '10.0.0.2',
      NAEVUS_API_V2_PORT_8080_TCP_ADDR: '10.0.0.2',
    };
    expect(readSettings(injected)).toEqual(readSettings({}));
  });
});

describe('describeSettings', () => {
  it('names what the README does', () => {
    const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
    const named = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    const settings = describeSettings()
      .split('\n')
      .map((line) => line.trim().split(' ')[0]);
    expect(named).toEqual(settings);
  });

  it('has a line for each', () => {
    const lines = describeSettings().split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/PORT +port to listen on.*\(default: 8080\)/),
    );
    for (const line of lines) expect(line).not.toMatch(/undefined/);
  });
});
