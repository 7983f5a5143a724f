import type { GradcamResponse } from '../../../schemas/gradcam.ts';
import type { LesionResponse } from '../../../schemas/lesion.ts';

/** An answer with a heat map, less the server's overlay, which the page draws itself. */
export type HeatmapAnswer = Omit<GradcamResponse, 'overlay'>;

/** What the page shows: the answer to one photo, or that to several photos of a lesion. */
export type ShownAnswer = Omit<HeatmapAnswer, 'class' | 'heatmap'> | LesionResponse;

/** What is asked for beside the photos: the query of a request, by name. */
export type Query = Readonly<Record<string, string>>;

/** What the page was served with: the version, and the digest of its manifest. */
export interface PageModel {
  readonly version: string;
  readonly sha256: string;
}

/** What the page asks of its worker. */
export type DeviceQuestion =
  | { readonly kind: 'load' }
  | { readonly kind: 'heatmap'; readonly photo: Blob; readonly query: Query }
  | { readonly kind: 'lesion'; readonly photos: readonly Blob[]; readonly query: Query };

/** From the page to the worker. */
export interface DeviceMessage {
  readonly id: number;
  readonly question: DeviceQuestion;
  readonly model: PageModel;
  /** For fetching the model, where the server wants one. */
  readonly key?: string;
}

/** The answer to a question; to `load` there is none but that it is done. */
export type DeviceAnswer = HeatmapAnswer | LesionResponse | undefined;

/** How much of the model has come, in bytes. */
export interface Progress {
  readonly loaded: number;
  readonly total: number;
}

/** From the worker to the page. */
export type Reply =
  | { readonly progress: Progress }
  | { readonly id: number; readonly ok: true; readonly answer: DeviceAnswer }
  | {
      readonly id: number;
      readonly ok: false;
      readonly title: string;
      readonly detail: string;
      /** The status that a server would answer with, where one would. */
      readonly status?: number;
    };
