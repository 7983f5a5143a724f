import type { Heatmap } from '@naevus/shared/heatmap/heatmap';
import type { ImageFormat, ImageHeader } from '@naevus/shared/image/header/image-header';
import type { ImageQuality } from '@naevus/shared/image/image-quality';
import type { Manifest } from '@naevus/shared/model/manifest';
import type { MeasuredModality } from '@naevus/shared/model/modality';
import type { ArtifactSource } from '@naevus/shared/model/verify';
import type { HeatmapMethod } from '@naevus/shared/network/heatmap-methods';
import type { NetworkOutput } from '@naevus/shared/network/network-output';
import type { TtaViews } from '@naevus/shared/network/test-time-augmentation';
import type { Taxonomy } from '@naevus/shared/taxonomy/taxonomy';
import type { FoundCases } from './find-cases.ts';
import type { SourceFormat } from './source-format.ts';

/** An image file that passed the checks of its header. */
export interface CheckedImage {
  /** The whole file. An engine may take the memory away (transfer it): do not use it again. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly header: ImageHeader;
  /** The file that was sent, where this one was made of it. */
  readonly source?: {
    readonly format: SourceFormat;
    /** As displayed. */
    readonly width: number;
    readonly height: number;
  };
}

/** Pixels that are the network's input already, so that nothing is decoded. */
export interface NetworkInput {
  /** 224 * 224 * 3 RGB bytes, row by row. As with a photo, their memory may be taken away. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly header?: never;
  readonly source?: never;
}

/** What an engine takes: a file, or pixels. */
export type EngineInput = CheckedImage | NetworkInput;

/** What decides how often the network runs for an image. */
export interface NetworkOptions {
  readonly tta?: TtaViews;
  readonly heatmap?: { readonly method?: HeatmapMethod };
}

/** Runs of the network that one image takes. */
export function networkRuns({ tta = 1, heatmap }: NetworkOptions): number {
  return tta * (heatmap?.method === 'dense-grad-cam' ? 5 : 1);
}

/** How images are analysed, and what is wanted beside their scores. */
export interface AnalysisOptions {
  /** Views of each that the answer is averaged over; 1 by default. */
  readonly tta?: TtaViews;
  readonly heatmap?: HeatmapOptions;
  /** How many similar cases are searched for; the version must have an index of them. */
  readonly similar?: number;
}

/** The heat map that is wanted beside the scores. */
export interface HeatmapOptions {
  /** The class to explain; without it the one with the highest score. */
  readonly label?: string;
  /** What each score is multiplied with to find the highest, where the answer follows another prior. */
  readonly factors?: readonly number[];
  /** `grad-cam` by default. */
  readonly method?: HeatmapMethod;
  /** A colour bar below the overlay, with the class in words. */
  readonly legend?: boolean;
  /** Opacity of the overlay where the map is hottest, 0 to 1. */
  readonly alpha: number;
  /**
   * - `image`: the overlay as an image of its own, up to 1024 pixels on its long side, well compressed.
   * - `thumbnail`: 224 pixels on its long side, made of the network's input put back to the photo's aspect
   *   where that shows the whole photo, and encoded in as little time as possible, in base64 as well.
   * - `pair`: 480 pixels on its long side, well compressed, and the photo by itself as well.
   */
  readonly overlay: 'image' | 'thumbnail' | 'pair';
}

/** What is measured of one image for its assessment. */
export interface Measurements {
  readonly quality: ImageQuality;
  /** From the training images, as `residualDistance` gives it. */
  readonly distance: number;
  /** How the image was taken, where the version was fitted to tell. */
  readonly modality?: MeasuredModality;
  /** Longer side by shorter side, as displayed; 1 for a network's input. */
  readonly aspectRatio: number;
}

/** What an engine finds in one picture. */
export interface Analysis {
  /** One a class, in the order of the taxonomy; they sum to 1. */
  readonly scores: readonly number[];
  /** What the scores were made of. */
  readonly output: NetworkOutput;
  /** What the assessment compares, where the version was fitted with limits. */
  readonly measurements?: Measurements;
  /** Of a photo; a {@link NetworkInput} has no size and format of its own. */
  readonly image?: {
    /** As displayed, after the orientation. */
    readonly width: number;
    readonly height: number;
    readonly format: ImageFormat | SourceFormat;
  };
  readonly timing: { readonly decodeMs: number; readonly inferenceMs: number };
  /** Where a {@link HeatmapOptions} came with the picture. */
  readonly heatmap?: ExplainedHeatmap;
  /** Where they were searched for. */
  readonly similar?: FoundCases;
}

export interface ExplainedHeatmap extends Heatmap {
  /** Share of both sides that the grid covers, in the middle of the picture. */
  readonly crop: number;
  readonly method: HeatmapMethod;
  readonly label: string;
  /** The overlay as a PNG file; of a `thumbnail` its base64, as ASCII. */
  readonly overlay: Uint8Array<ArrayBuffer>;
  /** Of a `pair`: the photo as a PNG file of the same size. */
  readonly photo?: Uint8Array<ArrayBuffer>;
}

/** One picture's outcome: an analysis, or why there is none. */
export type Outcome =
  | { readonly ok: true; readonly analysis: Analysis }
  | { readonly ok: false; readonly failure: ImageFailure };

export type ImageFailure =
  /** The header was sound, the pixels are not. `detail` holds no image content. */
  | { readonly kind: 'damaged'; readonly detail: string }
  /** A sound image that this runtime cannot decode: too large for its memory, in other colours, or coded otherwise. */
  | { readonly kind: 'too-large' | 'colours' | 'format'; readonly detail: string }
  /** The thread that computed it died; about the machine, so that another attempt may succeed. */
  | { readonly kind: 'interrupted'; readonly detail: string }
  /** A defect: what is said of it is for the log, not for an answer. */
  | { readonly kind: 'crashed'; readonly cause: string };

/** Why an engine gives no answer at all; about the machine, not about a picture. */
export type EngineFault =
  /** As many pictures wait as may. */
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  /** It would take longer than the time there is, even if nothing else were to be done. */
  | { readonly kind: 'too-much'; readonly seconds: number }
  /** The model could not be loaded, or the engine is closed. */
  | { readonly kind: 'unavailable' }
  /** The caller's signal fired, or a picture took longer than the engine allows. */
  | { readonly kind: 'timeout' };

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly fault: EngineFault;

  constructor(fault: EngineFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

/** The weights that an engine serves. */
export interface ServedModel {
  readonly manifest: Manifest;
  /** Of the manifest: what the classes are, resolved once. Everything that is said of classes comes from here. */
  readonly taxonomy: Taxonomy;
  /** Digest of the manifest's bytes. */
  readonly sha256: string;
  /** The model card, Markdown. */
  card(): Promise<string>;
  /** The files of the version, not verified: the loader does that. */
  readonly files: ArtifactSource;
}

/**
 * What turns pictures into answers; one for each runtime.
 *
 * `starting` until the model has answered once; what comes before that waits its turn.
 */
export interface Engine {
  readonly model: ServedModel;
  readonly state: 'starting' | 'ready' | 'failed';
  /**
   * Whether an image may come, for who is about to send it.
   *
   * @param options how it is going to be analysed
   * @throws EngineError `busy`, `too-much` or `unavailable`
   */
  refuseWhenFull(options?: NetworkOptions): void;
  /**
   * Keeps the engine for a request from its start to its answer, also where another version becomes current while
   * its body is on the way.
   *
   * @returns gives it free; to be called once
   */
  hold(): () => void;
  /**
   * Analyses pictures, each on its own: a damaged one does not fail the others.
   *
   * @param images accepted all together or not at all
   * @param signal drops what has not been begun
   * @returns as many outcomes, in the same order
   * @throws EngineError when there is no answer for reasons that lie not in a picture
   */
  analyse(
    images: readonly EngineInput[],
    options: AnalysisOptions,
    signal: AbortSignal,
  ): Promise<Outcome[]>;
}
