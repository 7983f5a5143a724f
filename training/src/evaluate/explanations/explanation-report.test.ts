import { mapSide } from '@naevus/shared/network/network-output';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx } from '../../convert/onnx/onnx-export.ts';
import {
  randomPictures,
  SHRUNKEN,
  trainedLookingParameters,
} from '../../network/fixtures/shrunken-network.ts';
import type { Parameters } from '../../network/parameters.ts';
import { parameterSpecs } from '../../network/parameters.ts';
import { createOnnxClassifier, type OnnxClassifier } from '../classifiers/onnx-classifier.ts';
import { type ExplanationReport, explanationReport } from './explanation-report.ts';
import { cascadingRandomisation } from './randomised-weights.ts';

/** As small, for pictures as large as the real one takes: 7 maps of 14 x 14. */
const ARCHITECTURE = { ...SHRUNKEN, inputSize: 224 };
const PARAMETERS = trainedLookingParameters(ARCHITECTURE, 11);
const CALIBRATION = { temperature: 1, logitBias: Array(7).fill(0) };
const pictures = Array.from({ length: 6 }, (_, i) =>
  Uint8Array.from(randomPictures(1, 224, 20 + i), (value, place) => {
    // A spot at another place in each, so that maps of different pictures differ.
    const [x, y] = [Math.floor(place / 3) % 224, Math.floor(place / 672)];
    return Math.hypot(x - 40 - 25 * i, y - 180 + 25 * i) < 30 ? 250 : value / 2;
  }),
);

const open = (parameters: Parameters): Promise<OnnxClassifier> =>
  createOnnxClassifier(exportOnnx(parameters, ARCHITECTURE, 'float32'));

const input = (classify: OnnxClassifier['classify']) => ({
  pictures,
  randomised: 4,
  classify,
  calibration: CALIBRATION,
  parameters: PARAMETERS,
  architecture: ARCHITECTURE,
  open,
  seed: 5,
  resamples: 50,
});

describe('cascadingRandomisation', () => {
  it('makes all parameters anew, part by part from the classifier down, and leaves the given ones', () => {
    const before = new Map(PARAMETERS);
    const networks = [...cascadingRandomisation(PARAMETERS, ARCHITECTURE, 3)];
    expect(networks.map(({ downTo }) => downTo)).toEqual([
      'classifier',
      'head',
      'blocks.3',
      'blocks.2',
      'blocks.1',
      'blocks.0',
      'stem',
    ]);
    const kept = networks.map(
      ({ parameters }) => [...parameters].filter(([name, of]) => of === before.get(name)).length,
    );
    expect(kept).toEqual(kept.toSorted((a, b) => b - a));
    expect(kept[0]).toBe(parameterSpecs(ARCHITECTURE).length - 2);
    expect(kept.at(-1)).toBe(0);
    expect(PARAMETERS).toEqual(before);
  });
});

describe('explanationReport', () => {
  let classifier: OnnxClassifier;
  let report: ExplanationReport;
  beforeAll(async () => {
    classifier = await open(PARAMETERS);
    report = await explanationReport(input(classifier.classify));
  }, 60_000);

  it('finds that the maps depend on the weights', () => {
    const { cascade, images } = report.randomisedWeights;
    expect(images).toBe(4);
    for (const { downTo, byMethod } of cascade) {
      for (const { value, interval } of Object.values(byMethod)) {
        expect(Math.abs(value!), downTo).toBeLessThan(0.85);
        expect(interval.low).toBeLessThanOrEqual(value!);
        expect(interval.high).toBeGreaterThanOrEqual(value!);
      }
    }
  });

  it('finds out a map that does not depend on the weights', async () => {
    // Brightness of the picture in place of the network's maps, whatever the network.
    const painted = (network: OnnxClassifier): OnnxClassifier => ({
      ...network,
      async classify(rgb) {
        const { logits, cam } = await network.classify(rgb);
        const side = mapSide(cam, logits.length);
        const cell = 224 / side;
        const brightness = (i: number) => {
          const [y, x] = [Math.floor(i / side) * cell, (i % side) * cell];
          return rgb[(Math.floor(y + cell / 2) * 224 + Math.floor(x + cell / 2)) * 3]!;
        };
        return { logits, cam: cam.map((_, i) => brightness(i % side ** 2)) };
      },
    });
    const { randomisedWeights } = await explanationReport({
      ...input(painted(classifier).classify),
      pictures: pictures.slice(0, 2),
      open: async (parameters) => painted(await open(parameters)),
    });
    for (const { byMethod } of randomisedWeights.cascade) {
      expect(byMethod['grad-cam'].value).toBeCloseTo(1, 9);
      expect(byMethod['dense-grad-cam'].value).toBeCloseTo(1, 9);
    }
    expect(randomisedWeights.unrelatedImages.byMethod['grad-cam'].value).toBeLessThan(0.9);
  }, 60_000);

  it('follows the score by every order of pixels, between the same ends', () => {
    const { orders, differences } = report.deletionInsertion;
    expect(orders.map(({ order }) => order)).toEqual([
      'grad-cam',
      'dense-grad-cam',
      'random',
      'centre',
    ]);
    for (const { deletionCurve, insertionCurve, deletion } of orders) {
      expect(deletionCurve[0]).toBe(orders[0]!.deletionCurve[0]);
      expect(deletionCurve.at(-1)).toBe(orders[0]!.deletionCurve.at(-1));
      expect(insertionCurve.at(-1)).toBe(deletionCurve[0]);
      expect(deletion.value).toBeGreaterThan(0);
    }
    const [first] = differences;
    expect(first!.deletion.value).toBeCloseTo(
      orders[0]!.deletion.value! - orders[2]!.deletion.value!,
      12,
    );
  });

  it('is the same again', async () => {
    expect(await explanationReport(input(classifier.classify))).toEqual(report);
  }, 60_000);
});
