import { type Calibration, scores } from '@naevus/shared/answer/probabilities';
import type { Base64Encoder } from '@naevus/shared/base64/base64-encoder';
import { heatmapGrid } from '@naevus/shared/heatmap/heatmap';
import type { Overlay } from '@naevus/shared/heatmap/overlay';
import { UnsupportedColoursError } from '@naevus/shared/image/colour/embed-profile';
import { DamagedImageError } from '@naevus/shared/image/header/image-header-error';
import { INPUT_SIZE, type RgbImage } from '@naevus/shared/image/preprocessing-spec';
import type { Resampler } from '@naevus/shared/image/resampler';
import type { NetworkOutput } from '@naevus/shared/network/network-output';
import { runNetwork } from '@naevus/shared/network/run-network';
import type { WholePicture } from '@naevus/shared/network/test-time-augmentation';
import { labelIndex, type Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type {
  AnalysisOptions,
  EngineInput,
  ExplainedHeatmap,
  HeatmapOptions,
  Outcome,
} from './engine.ts';
import type { FindCases } from './find-cases.ts';
import { withLegend } from './legend.ts';
import type { MeasureImage } from './measure.ts';
import {
  type Classifier,
  type DecodedImage,
  type ImageDecoder,
  type PngEncoder,
  UnservedImageError,
} from './ports.ts';

/** What a runtime brings; the rest is the same everywhere. */
export interface AnalysisBackend {
  readonly decode: ImageDecoder;
  readonly resampler: Resampler;
  readonly classify: Classifier;
  readonly overlay: Overlay;
  readonly encodePng: PngEncoder;
  readonly encodeBase64: Base64Encoder;
  readonly calibration: Calibration;
  /** What the classes of the version are. */
  readonly taxonomy: Taxonomy;
  /** `preprocessing.crop` of the version: how much of each side of a photo the network is shown. */
  readonly crop: number;
  /** Undefined for a version that has no assessment. */
  readonly measure: MeasureImage | undefined;
  /** Undefined for a version without an index of similar cases. */
  readonly findCases: FindCases | undefined;
}

/** Long side of the overlay as a picture of its own, in pixels, at most. */
const OVERLAY_SIDE = 1024;

/**
 * One picture from file to answer: decode, squash its middle to the network's input, classify, and where it is
 * wished for lay the heat map over the picture, which is decoded once for both. What is the
 * network's input already is only classified.
 *
 * @returns a failure when the pixels are damaged, or the runtime cannot take them; every other fault is thrown
 */
export async function analyse(
  image: EngineInput,
  { tta, heatmap: options, similar }: AnalysisOptions,
  backend: AnalysisBackend,
): Promise<Outcome> {
  const start = performance.now();
  let prepared: PreparedImage;
  try {
    prepared = await prepare(image, { tta, overlay: options?.overlay }, backend);
  } catch (error) {
    if (error instanceof DamagedImageError) {
      return { ok: false, failure: { kind: 'damaged', detail: error.message } };
    }
    if (error instanceof UnservedImageError) {
      return { ok: false, failure: { kind: error.reason, detail: error.message } };
    }
    if (error instanceof UnsupportedColoursError) {
      return { ok: false, failure: { kind: 'colours', detail: error.message } };
    }
    throw error;
  }
  const { input, whole } = prepared;
  const decodedAt = performance.now();
  const output = await runNetwork(backend.classify, input, {
    tta,
    whole,
    method: options?.method,
  });
  const inferredAt = performance.now();

  const probabilities = scores(output.logits, backend.calibration);
  const heatmap = options && (await explain(prepared, output, probabilities, options, backend));
  return {
    ok: true,
    analysis: {
      scores: probabilities,
      // Not the features: nobody reads them further on, and they would be copied between threads.
      output: { logits: output.logits, cam: output.cam },
      ...(backend.measure && {
        measurements: {
          ...backend.measure(input, output),
          aspectRatio: aspectRatio(prepared.displayed),
        },
      }),
      ...(similar !== undefined && {
        similar: requireFindCases(backend)(output, similar),
      }),
      ...(image.header && {
        image: image.source ?? { ...prepared.displayed, format: image.header.format },
      }),
      timing: { decodeMs: decodedAt - start, inferenceMs: inferredAt - decodedAt },
      ...(heatmap && { heatmap }),
    },
  };
}

/** Longer side by shorter side. */
function aspectRatio({ width, height }: PreparedImage['displayed']): number {
  return Math.max(width, height) / Math.min(width, height);
}

function requireFindCases({ findCases }: AnalysisBackend): FindCases {
  if (findCases === undefined) throw new Error('the version has no index of similar cases');
  return findCases;
}

/** {@link analyse}, with every other fault as a failure too. */
export async function analyseOrCrash(
  image: EngineInput,
  options: AnalysisOptions,
  backend: AnalysisBackend,
): Promise<Outcome> {
  try {
    return await analyse(image, options, backend);
  } catch (error) {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ok: false, failure: { kind: 'crashed', cause } };
  }
}

/** Long side of a photo beside its heat map, in pixels, at most. */
const PAIR_SIDE = 480;

/** What is left of a picture when it has been decoded: not its pixels. */
interface PreparedImage extends Omit<DecodedImage, 'data'> {
  /** 224 x 224 RGB bytes. */
  readonly input: Uint8Array;
  /** All of the picture, where further views show it. */
  readonly whole?: WholePicture | undefined;
  /** How much of each side the input shows. */
  readonly crop: number;
  /** The picture that the heat map is laid over, where that is not made of the input. */
  readonly canvas: RgbImage | undefined;
}

/** What else of a picture is wanted than the network's input. */
interface Wanted {
  readonly tta: AnalysisOptions['tta'] | undefined;
  readonly overlay: HeatmapOptions['overlay'] | undefined;
}

function prepare(
  picture: EngineInput,
  { tta = 1, overlay }: Wanted,
  { decode, resampler, crop }: AnalysisBackend,
): PreparedImage | Promise<PreparedImage> {
  if (picture.header !== undefined) {
    return decode(picture.bytes, picture.header, (image) => ({
      width: image.width,
      height: image.height,
      displayed: image.displayed,
      input: resampler.resizeToInput(image, crop),
      ...(tta > 1 && crop < 1 && { whole: { rgb: resampler.resizeToInput(image, 1), crop } }),
      crop,
      canvas: canvasOf(image, overlay, crop, resampler),
    }));
  }
  const size = { width: INPUT_SIZE, height: INPUT_SIZE };
  const image = { data: picture.bytes, ...size, displayed: size };
  return {
    ...size,
    displayed: size,
    input: picture.bytes,
    crop: 1,
    canvas: canvasOf(image, overlay, 1, resampler),
  };
}

/** What the heat map is laid over; undefined where the network's input will do. */
function canvasOf(
  image: DecodedImage,
  overlay: HeatmapOptions['overlay'] | undefined,
  crop: number,
  resampler: Resampler,
): RgbImage | undefined {
  if (overlay === 'image') return shrunk(image, image, OVERLAY_SIDE, resampler);
  if (overlay === 'pair') return shrunk(image, image, PAIR_SIDE, resampler);
  // The input lacks what is outside of the crop.
  if (overlay === 'thumbnail' && crop < 1) return shrunk(image, image, INPUT_SIZE, resampler);
  return undefined;
}

async function explain(
  { input, crop, canvas, ...shape }: PreparedImage,
  output: NetworkOutput,
  probabilities: readonly number[],
  options: HeatmapOptions,
  { resampler, overlay: layOver, encodePng, encodeBase64, taxonomy }: AnalysisBackend,
): Promise<ExplainedHeatmap> {
  const index =
    options.label === undefined
      ? likeliest(probabilities, options.factors)
      : labelIndex(taxonomy, options.label);
  const { label, name } = taxonomy.classes[index]!;
  const map = heatmapGrid(output.cam, index, taxonomy.classes.length);
  const squashed = { data: input, width: INPUT_SIZE, height: INPUT_SIZE };
  const image = canvas ?? shrunk(squashed, shape, INPUT_SIZE, resampler);
  const photo = options.overlay === 'pair' ? await encodePng(image, 'small') : undefined;
  const laid = layOver(image, map.grid, options.alpha, crop);
  const overlay = options.legend ? withLegend(laid, name.en, map.share) : laid;
  const encoded =
    options.overlay === 'thumbnail'
      ? encodeBase64(await encodePng(overlay, 'fast'))
      : await encodePng(overlay, 'small');
  return {
    ...{ ...map, crop, label, method: options.method ?? 'grad-cam', overlay: encoded },
    ...(photo && { photo }),
  };
}

/** Position of the highest score, each times its factor. */
function likeliest(probabilities: readonly number[], factors?: readonly number[]): number {
  const weighed = probabilities.map((score, k) => score * (factors?.[k] ?? 1));
  return weighed.indexOf(Math.max(...weighed));
}

/** A picture at the aspect of `shape` and no larger than it, its long side at most `side` pixels, in memory of its own. */
function shrunk(
  image: RgbImage,
  shape: { width: number; height: number },
  side: number,
  resampler: Resampler,
): RgbImage {
  const scale = Math.min(1, side / Math.max(shape.width, shape.height));
  const width = Math.max(1, Math.round(shape.width * scale));
  const height = Math.max(1, Math.round(shape.height * scale));
  if (width === image.width && height === image.height) {
    return { data: image.data.slice(), width, height };
  }
  return { data: resampler.resize(image, width, height), width, height };
}
