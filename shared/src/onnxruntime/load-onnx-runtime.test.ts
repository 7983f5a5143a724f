import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { disableTelemetry } from './load-onnx-runtime.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

it('turns telemetry off, whatever the variable was set to', () => {
  process.env.ORT_DISABLE_TELEMETRY = '0';
  disableTelemetry();
  expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
});

describe('in a worker', () => {
  beforeEach(() => {
    vi.resetModules();
    vi.doMock('node:worker_threads', () => ({ isMainThread: false }));
  });
  afterEach(() => vi.doUnmock('node:worker_threads'));

  it('refuses where the main thread has not turned it off: setting it there would reach nothing', async () => {
    const worker = await import('./load-onnx-runtime.ts');
    delete process.env.ORT_DISABLE_TELEMETRY;
    expect(worker.disableTelemetry).toThrow('in the main thread before');
    expect(worker.loadOnnxRuntime).toThrow('in the main thread before');
    process.env.ORT_DISABLE_TELEMETRY = '1';
    worker.disableTelemetry();
  });
});

it('is the only place that loads onnxruntime', () => {
  const loads = /(?:^import (?!type).*from|import|require)\s*\(?\s*'onnxruntime-node'/m;
  const found = ['shared/src', 'training/src', 'api/src', 'api/bench', 'api/test'].flatMap((top) =>
    readdirSync(join(REPOSITORY, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((file) => join(top, file))
      .filter((file) => loads.test(typeless(readFileSync(join(REPOSITORY, file), 'utf8')))),
  );
  expect(found).toEqual([]);
});

/** Without types that are taken from the library, which load nothing. */
function typeless(source: string): string {
  return source.replace(/typeof import\('onnxruntime-node'\)/g, '');
}
