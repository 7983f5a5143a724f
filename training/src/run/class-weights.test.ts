import { describe, expect, it } from 'vitest';
import { classWeightReport, classWeightsSchema } from './class-weights.ts';
import { trainingConfigSchema } from './config/training-config.ts';

/** All of HAM10000, in the order of the labels. */
const counts = [327, 514, 1099, 115, 1113, 6705, 142];
const phase = (head: object) =>
  trainingConfigSchema.parse({ head: { epochs: 1, learningRate: 1, ...head } }).head;

describe('classWeightReport', () => {
  it("has scikit-learn's formula, and what the published counts give at its power", () => {
    const report = classWeightReport(counts, phase({ loss: { classWeightPower: 1.5 } }));
    expect(report.balanced[3]).toBeCloseTo(10015 / (7 * 115), 12);
    expect(report.power_1_5[5]).toBeCloseTo(0.0986, 4);
    expect(report.power_1_5[3]).toBeCloseTo(43.88, 2);
    expect(report.used.weights).toEqual(report.power_1_5);
    expect(report.formula).toMatchObject({
      used: 'balanced ** 1.5',
      published_example: {
        quoted: { nv: 0.07, df: 72.7 },
        from_the_published_counts: { nv: 0.09857, df: 43.88 },
      },
    });
    expect(() => classWeightsSchema.parse(JSON.parse(JSON.stringify(report)))).not.toThrow();
  });

  it('counts the sampler into the share of the loss', () => {
    const share = (head: object) => classWeightReport(counts, phase(head)).used.shareOfLossWeight;
    expect(share({})[5]).toBeCloseTo(6705 / 10015, 12);
    for (const even of [
      share({ loss: { classWeightPower: 1 } }),
      share({ sampler: 'oversampling' }),
    ]) {
      for (const one of even) expect(one).toBeCloseTo(1 / 7, 12);
    }
    // Both at once: the rare classes get more than their part.
    const both = share({ loss: { classWeightPower: 1.5 }, sampler: 'oversampling' });
    expect(both[3]! / both[5]!).toBeCloseTo((6705 / 115) ** 1.5, 8);
  });

  it('names the alpha that goes into the weights', () => {
    const { formula, used } = classWeightReport(
      counts,
      phase({ loss: { focalGamma: 2, focalAlpha: 0.25 } }),
    );
    expect(formula.used).toBe('1 * alpha, alpha = 0.25');
    expect(used.weights).toEqual(counts.map(() => 0.25));
  });
});
