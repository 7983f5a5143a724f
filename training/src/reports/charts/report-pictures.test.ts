import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONTEXT, scoredImages } from '../../evaluate/metrics/fixtures/scored-images.ts';
import { metricsReport } from '../../evaluate/metrics/metrics-report.ts';
import type { History } from '../../run/history.ts';
import { type ReportData, reportPictures } from './report-pictures.ts';

const classWeights: ReportData['classWeights'] = {
  counts: [10, 20, 30, 5, 40, 400, 6],
  balanced: [7.3, 3.65, 2.43, 14.6, 1.83, 0.18, 12.2],
  used: {
    weights: [7.3, 3.65, 2.43, 14.6, 1.83, 0.18, 12.2],
    shareOfLossWeight: LABELS.map(() => 1 / 7),
  },
};
const history: History = [
  { phase: 'head', epoch: 1, loss: 1.8 },
  { phase: 'fine-tuning', epoch: 1, loss: 1.1, validation: { balancedAccuracy: 0.61 } },
  { phase: 'fine-tuning', epoch: 2, loss: 0.9, validation: { balancedAccuracy: 0.66 } },
];
const images = scoredImages(120, 4);
const data: ReportData = { metrics: metricsReport(images, CONTEXT), images, classWeights, history };

describe('reportPictures', () => {
  let pictures: Map<string, string>;
  beforeAll(async () => {
    pictures = await reportPictures(data);
  });

  it('draws one of each report', () => {
    expect([...pictures.keys()]).toEqual([
      'confusion-matrix.svg',
      'confusion-matrix-uniform-prior.svg',
      'roc-curves.svg',
      'precision-recall-curves.svg',
      'reliability.svg',
      'class-weights.svg',
      'training-curves.svg',
    ]);
  });

  it('gives the same text again', async () => {
    expect(await reportPictures(data)).toEqual(pictures);
  });

  it('is SVG with ink on it', async () => {
    for (const svg of pictures.values()) {
      const { channels } = await sharp(Buffer.from(svg)).flatten({ background: '#fff' }).stats();
      expect(channels[0]!.min).toBeLessThan(100);
      expect(channels[0]!.max).toBe(255);
    }
  });

  it('shows the figures of the report', () => {
    const { metrics } = data.metrics;
    const texts = (name: string) =>
      [...pictures.get(name)!.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    const counts = metrics.confusion.flat().map(String);
    expect(texts('confusion-matrix.svg')).toEqual(expect.arrayContaining(counts));
    for (const [k, label] of LABELS.entries()) {
      const { auc, averagePrecision, support } = metrics.perClass[k]!;
      expect(texts('roc-curves.svg')).toContain(`${label} (${auc!.toFixed(2)})`);
      expect(texts('precision-recall-curves.svg')).toContain(
        `${label} (${averagePrecision!.toFixed(2)})`,
      );
      expect(texts('confusion-matrix.svg')).toContain(`${label} (${support})`);
      expect(texts('class-weights.svg')).toContain(label);
    }
    expect(texts('training-curves.svg')).toEqual(
      expect.arrayContaining(['head', 'fine-tuning', 'balanced accuracy']),
    );
  });

  it('draws what there is where classes or validations are missing', async () => {
    const few = images.filter(({ label }) => label === 'nv' || label === 'mel');
    const partial = await reportPictures({
      ...data,
      images: few,
      metrics: metricsReport(few, CONTEXT),
      history: history.slice(0, 1),
    });
    expect(partial.get('roc-curves.svg')).toContain('mel (');
    expect(partial.get('roc-curves.svg')).not.toContain('df (');
    expect(partial.get('confusion-matrix.svg')).not.toContain('NaN');
    expect(partial.get('training-curves.svg')).not.toContain('balanced accuracy');
  });
});
