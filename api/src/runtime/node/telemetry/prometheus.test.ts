import { HAM10000 } from '@naevus/shared/taxonomy/ham10000';
import { describe, expect, it } from 'vitest';
import type { Analysis, ServedModel } from '../../../analysis/engine.ts';
import { Prometheus } from './prometheus.ts';

const analysis: Analysis = {
  scores: [0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1],
  output: { logits: new Float32Array(7), cam: new Float32Array(7 * 7 * 7) },
  measurements: {
    quality: {
      sharpness: 0.5,
      brightness: 0.5,
      clipped: 0,
      lesion_contrast: 0.2,
      colour: -6,
      lesion_area: 0.2,
      hair: Number.NaN,
    },
    distance: 0.1,
    aspectRatio: 4 / 3,
  },
  timing: { decodeMs: 1, inferenceMs: 10 },
};

const model = { manifest: { version: '1.0.0' }, taxonomy: HAM10000 } as ServedModel;

const request = { requestId: 'a', method: 'POST', route: '/predict', status: 200, durationMs: 12 };

describe('Prometheus', () => {
  it.each([1, 255, 256, 1000])('has counted all of %i requests when it is read', async (count) => {
    const metrics = new Prometheus(true);
    for (let i = 0; i < count; i++) {
      metrics.waited(3);
      metrics.analysed(analysis, model);
      metrics.request(request);
    }
    for (const _ of ['first', 'again']) {
      const { text } = await metrics.expose();
      const labels = '{method="POST",route="/predict",status="200"}';
      expect(text).toContain(`\nnaevus_http_requests_total${labels} ${count}\n`);
      expect(text).toContain(`\nnaevus_predictions_total{label="mel",version="1.0.0"} ${count}\n`);
      expect(text).toContain(`\nnaevus_queue_wait_seconds_count ${count}\n`);
      expect(text).toContain(`\nnaevus_image_distance_count{version="1.0.0"} ${count}\n`);
    }
  });

  it('leaves out what is no number, and fails nobody for it', async () => {
    const metrics = new Prometheus(true);
    metrics.analysed(analysis, model);
    const { text } = await metrics.expose();
    expect(text).not.toContain('naevus_image_hair_count{version="1.0.0"}');
    expect(text).toContain('\nnaevus_image_clipped_count{version="1.0.0"} 1\n');
  });

  it('writes a figure of nothing as the format has it', async () => {
    // The event loop was not looked at yet.
    const { text } = await new Prometheus(true).expose();
    expect(text).toContain('\nnodejs_eventloop_lag_mean_seconds NaN\n');
    expect(text).not.toContain('Nan\n');
  });
});
