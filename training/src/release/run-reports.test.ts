import { LABELS } from '@naevus/shared/taxonomy/fixtures/ham10000-classes';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONTEXT, scoredImages } from '../evaluate/metrics/fixtures/scored-images.ts';
import { HELD_OUT_REPORTS } from '../reports/fixtures/held-out-reports.ts';
import { classWeightReport } from '../run/class-weights.ts';
import { trainingConfigSchema } from '../run/config/training-config.ts';
import type { FinishedRun } from '../run/finished-run.ts';
import { type RunReports, runReports } from './run-reports.ts';

const images = scoredImages(150, 3).map((image, i) => ({
  ...image,
  metadata: { sex: i % 2 === 0 ? 'female' : 'male', localization: '<b>&"back"' },
}));
const byLabel = (value: number) => Object.fromEntries(LABELS.map((label) => [label, value]));
const { head } = trainingConfigSchema.parse({ head: { epochs: 1, learningRate: 1 } });
const run = {
  record: {
    method: 'A method of <i>its own</i>.',
    seed: 1,
    dataSha256: 'a'.repeat(64),
    codeCommit: 'unknown',
    counts: { train: byLabel(9), validation: byLabel(3) },
    prior: CONTEXT.prior,
    calibration: { method: 'none', ...CONTEXT.calibration },
  },
  classWeights: classWeightReport([10, 20, 30, 5, 40, 400, 6], head),
  history: [{ phase: 'head', epoch: 1, loss: 1.5, validation: { balancedAccuracy: 0.61 } }],
} as unknown as FinishedRun;

describe('runReports', () => {
  let reports: RunReports;
  beforeAll(async () => {
    reports = await runReports({
      run,
      model: CONTEXT.model,
      engine: CONTEXT.engine,
      images,
      heldOut: HELD_OUT_REPORTS,
      show: async () => ({
        rgb: new Uint8Array(224 * 224 * 3).fill(100),
        cam: new Float32Array(343).fill(0.5),
      }),
      sources: [],
    });
  });
  const page = () => reports.files.get('report.html')!;

  it('says that it does not know whose the photographs are, where nobody described them', () => {
    expect(page()).toContain('whose they are and their licence are not known');
    expect(page()).not.toContain('Vienna');
  });

  it('shows every picture that it draws, and none that it does not', () => {
    const shown = [...page().matchAll(/<img src="([^"]+)"/g)].map(([, name]) => name);
    const drawn = [...reports.files.keys()].filter((name) => name.endsWith('.svg'));
    expect(shown.toSorted()).toEqual(drawn.toSorted());
  });

  it('is one page that needs no other file or host', () => {
    expect(reports.singlePage.match(/<img src="data:image\/svg\+xml;base64,/g)).toHaveLength(10);
    for (const text of [page(), reports.singlePage]) {
      expect(text).not.toMatch(/(src|href)="(?!data:|#|[a-z0-9-]+\.svg")/);
      expect(text).not.toContain('<script');
    }
  });

  it('has a section for each link, and takes text for text', () => {
    for (const [, id] of page().matchAll(/<a href="#([^"]+)"/g)) {
      expect(page()).toContain(`<section id="${id}">`);
    }
    expect(page()).toContain('A method of &lt;i&gt;its own&lt;/i&gt;.');
    expect(page()).toContain('&lt;b&gt;&amp;&quot;back&quot;');
  });

  it('shows the figures of the reports', () => {
    const { metrics } = reports;
    const { recall } = metrics.metrics.perClass[4]!;
    expect(page()).toContain(`<td>${recall!.toFixed(3)} (`);
    const { balancedAccuracy, intervals } = metrics.uniformPriorDecision;
    const { low, high } = intervals.headline.balancedAccuracy;
    expect(page()).toContain(
      `<td>${balancedAccuracy.toFixed(3)} (${low!.toFixed(3)} to ${high!.toFixed(3)})</td>`,
    );
    const { used } = JSON.parse(reports.files.get('class-weights.json')!);
    expect(used.shareOfLossAtEnd).toHaveLength(7);
    expect(page()).toContain(`<td>${(100 * used.shareOfLossAtEnd[5]).toFixed(1)} %</td>`);
    const { attributes } = JSON.parse(reports.files.get('subgroups.json')!);
    expect(attributes.map(({ name }: { name: string }) => name)).toEqual([
      'sex',
      'site',
      'palms and soles',
    ]);
  });
});
