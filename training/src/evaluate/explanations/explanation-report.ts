import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import { HEATMAP_METHODS, type HeatmapMethod } from '@naevus/shared/network/heatmap-methods';
import type { Classify } from '@naevus/shared/network/network-output';
import { runNetwork } from '@naevus/shared/network/run-network';
import { createRandom, type Random } from '@naevus/shared/statistics/random';
import { mapConcurrently } from '../../data/map-concurrently.ts';
import type { Architecture } from '../../network/architecture.ts';
import type { Parameters } from '../../network/parameters.ts';
import { classCount } from '../../taxonomy/current.ts';
import { NETWORK_WORKERS } from '../classifiers/network-workers.ts';
import { bootstrapStatistics } from '../metrics/bootstrap.ts';
import { topClass } from '../metrics/labelled-probabilities.ts';
import type { Estimate } from '../metrics/subgroups.ts';
import { areaUnder, deletionInsertion, STEPS } from './deletion-insertion.ts';
import { pixelOrder } from './pixel-order.ts';
import { cascadingRandomisation } from './randomised-weights.ts';
import { rankCorrelation } from './rank-correlation.ts';

/** Orders of pixels that know nothing of the network: what a map must beat. */
const BASELINES = ['random', 'centre'] as const;

/** What pixels are taken by: the heat maps, random patches, and the distance from the picture's centre. */
export const PIXEL_ORDERS = [...HEATMAP_METHODS, ...BASELINES] as const;

export type PixelOrderName = (typeof PIXEL_ORDERS)[number];

/** Which of them are held against which. */
const COMPARED: readonly (readonly [PixelOrderName, PixelOrderName])[] = [
  ['grad-cam', 'random'],
  ['grad-cam', 'centre'],
  ['dense-grad-cam', 'random'],
  ['dense-grad-cam', 'centre'],
  ['dense-grad-cam', 'grad-cam'],
];

/** `explanations.json`: whether the heat maps show what the network goes by. All intervals are over lesions. */
export interface ExplanationReport {
  readonly schemaVersion: 1;
  readonly confidence: 0.95;
  readonly resamples: number;
  readonly seed: number;
  /** The explained class is the one with the highest score; its score is followed. */
  readonly deletionInsertion: {
    /** One a lesion, as many of each class as there are. */
    readonly images: number;
    readonly steps: number;
    readonly orders: readonly {
      readonly order: PixelOrderName;
      /** Area under the mean curve: the lower the better. */
      readonly deletion: Estimate;
      /** The higher the better. */
      readonly insertion: Estimate;
      readonly deletionCurve: readonly number[];
      readonly insertionCurve: readonly number[];
    }[];
    /** Areas of `order` less those of `than`, on the same images. */
    readonly differences: readonly {
      readonly order: PixelOrderName;
      readonly than: PixelOrderName;
      readonly deletion: Estimate;
      readonly insertion: Estimate;
    }[];
  };
  /** Rank correlation of the maps of the trained network with those of random ones, for the same class. */
  readonly randomisedWeights: {
    readonly images: number;
    readonly cascade: readonly ({ readonly downTo: string } & ByMethod)[];
    /** Of the trained network's maps of two different images: what any two maps have in common. */
    readonly unrelatedImages: ByMethod;
  };
}

interface ByMethod {
  readonly byMethod: Readonly<Record<HeatmapMethod, Estimate>>;
}

export interface ExplanationInput {
  /** Prepared, 224 * 224 * 3 RGB bytes each; no two of one lesion, at least two. */
  readonly pictures: readonly Uint8Array[];
  /** Weights are randomised for the first so many; 30 unless told. */
  readonly randomised?: number;
  readonly classify: Classify;
  readonly calibration: Calibration;
  readonly parameters: Parameters;
  readonly architecture: Architecture;
  /** Makes a network of other parameters. */
  readonly open: (parameters: Parameters) => Promise<OpenNetwork>;
  readonly seed: number;
  /** 1000 unless told. */
  readonly resamples?: number;
}

interface OpenNetwork {
  readonly classify: Classify;
  close(): Promise<void>;
}

/** One picture's map by each method, for its top class. */
interface Explained {
  readonly rgb: Uint8Array;
  readonly label: number;
  readonly maps: Readonly<Record<HeatmapMethod, Float32Array>>;
}

/** Checks the maps of a network. */
export async function explanationReport(input: ExplanationInput): Promise<ExplanationReport> {
  const { pictures, classify, calibration, seed, resamples = 1000 } = input;
  const random = createRandom(seed);
  // Drawn in the order of the pictures, however many are computed at once.
  const patches = pictures.map(() => randomPatches(random));
  const measured = await mapConcurrently(pictures, NETWORK_WORKERS, async (rgb, index) => {
    const label = topClass(scores((await classify(rgb)).logits, calibration));
    const maps = await mapsOf(classify, rgb, label);
    const mapFor = { ...maps, random: patches[index]!, centre: CENTRE };
    const orders = PIXEL_ORDERS.map((name) => pixelOrder(mapFor[name]));
    const score = async (picture: Uint8Array) =>
      scores((await classify(picture)).logits, calibration)[label]!;
    const curves = await deletionInsertion(rgb, orders, score);
    return { explained: { rgb, label, maps }, curves };
  });
  const explained = measured.map((one) => one.explained);
  const curves = measured.map((one) => one.curves);

  const estimate = meanEstimator({ seed, resamples });
  const areas = PIXEL_ORDERS.map((_, i) => ({
    deletion: curves.map((of) => areaUnder(of[i]!.deletion)),
    insertion: curves.map((of) => areaUnder(of[i]!.insertion)),
  }));
  const areasOf = (order: PixelOrderName) => areas[PIXEL_ORDERS.indexOf(order)]!;
  const minus = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value - b[i]!);
  return {
    schemaVersion: 1,
    confidence: 0.95,
    resamples,
    seed,
    deletionInsertion: {
      images: pictures.length,
      steps: STEPS,
      orders: PIXEL_ORDERS.map((order, i) => ({
        order,
        deletion: estimate(areas[i]!.deletion),
        insertion: estimate(areas[i]!.insertion),
        deletionCurve: meanCurve(curves.map((of) => of[i]!.deletion)),
        insertionCurve: meanCurve(curves.map((of) => of[i]!.insertion)),
      })),
      differences: COMPARED.map(([order, than]) => ({
        order,
        than,
        deletion: estimate(minus(areasOf(order).deletion, areasOf(than).deletion)),
        insertion: estimate(minus(areasOf(order).insertion, areasOf(than).insertion)),
      })),
    },
    randomisedWeights: await randomisedWeights(explained, input, estimate),
  };
}

async function randomisedWeights(
  all: readonly Explained[],
  { parameters, architecture, open, seed, randomised = 30 }: ExplanationInput,
  estimate: (values: readonly number[]) => Estimate,
): Promise<ExplanationReport['randomisedWeights']> {
  const explained = all.slice(0, randomised);
  const byMethod = (of: (method: HeatmapMethod) => readonly number[]) => ({
    byMethod: Object.fromEntries(
      HEATMAP_METHODS.map((method) => [method, estimate(of(method))]),
    ) as Record<HeatmapMethod, Estimate>,
  });
  const cascade: ExplanationReport['randomisedWeights']['cascade'][number][] = [];
  for (const network of cascadingRandomisation(parameters, architecture, seed)) {
    const { classify, close } = await open(network.parameters);
    const maps = await mapConcurrently(explained, NETWORK_WORKERS, ({ rgb, label }) =>
      mapsOf(classify, rgb, label),
    );
    await close();
    cascade.push({
      downTo: network.downTo,
      ...byMethod((method) =>
        explained.map((one, i) => rankCorrelation(one.maps[method], maps[i]![method])),
      ),
    });
  }
  return {
    images: explained.length,
    cascade,
    unrelatedImages: byMethod((method) =>
      explained.map(({ maps }, i) =>
        rankCorrelation(maps[method], explained[(i + 1) % explained.length]!.maps[method]),
      ),
    ),
  };
}

/** Before the ReLU, row by row. */
async function mapsOf(
  classify: Classify,
  rgb: Uint8Array,
  label: number,
): Promise<Explained['maps']> {
  const maps: Partial<Record<HeatmapMethod, Float32Array>> = {};
  for (const method of HEATMAP_METHODS) {
    const { cam } = await runNetwork(classify, rgb, { method });
    const size = cam.length / classCount();
    maps[method] = cam.slice(label * size, (label + 1) * size);
  }
  return maps as Explained['maps'];
}

/** As many cells as Grad-CAM has, a side. */
const SIDE = 7;

function randomPatches(random: Random): number[] {
  return Array.from({ length: SIDE * SIDE }, () => random.next());
}

/** The centre as a map: the nearer, the hotter. */
const CENTRE = Array.from({ length: SIDE * SIDE }, (_, i) => {
  const off = (cell: number) => cell - (SIDE - 1) / 2;
  return -(off(Math.floor(i / SIDE)) ** 2) - off(i % SIDE) ** 2;
});

function meanCurve(curves: readonly (readonly number[])[]): number[] {
  return curves[0]!.map(
    (_, step) => curves.reduce((sum, curve) => sum + curve[step]!, 0) / curves.length,
  );
}

/** The mean of one value an image, with a percentile bootstrap interval. */
function meanEstimator(options: { readonly seed: number; readonly resamples: number }) {
  return (values: readonly number[]): Estimate => {
    const mean = (weights: ArrayLike<number>) => ({
      mean: values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / values.length,
    });
    return {
      value: mean(new Uint8Array(values.length).fill(1)).mean,
      interval: bootstrapStatistics(values.length, mean, options).mean,
    };
  };
}
