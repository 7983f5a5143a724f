import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EDGE_CPU_MS, EDGE_LIMITS, MEGAPIXEL_MS, RUN_MS } from './edge-limits.ts';

describe('what the edge accepts', () => {
  it('fits twice into the CPU time that its configuration grants', () => {
    const config = readFileSync(new URL('../../../wrangler.jsonc', import.meta.url), 'utf8');
    expect(Number(/"cpu_ms": (\d+)/.exec(config)![1])).toBe(EDGE_CPU_MS);
    const { maxNetworkRuns = 0, maxBatchPixels = 0, maxBatch, maxPixels } = EDGE_LIMITS;
    const dearest = maxNetworkRuns * RUN_MS + (maxBatchPixels / 1e6) * MEGAPIXEL_MS;
    expect(2 * dearest).toBeLessThan(EDGE_CPU_MS);
    // A whole batch with one view, and one image with all that may be asked for.
    expect(maxNetworkRuns).toBeGreaterThanOrEqual(Math.max(maxBatch, 8 * 5));
    expect(maxBatchPixels).toBeGreaterThanOrEqual(maxPixels);
  });
});
