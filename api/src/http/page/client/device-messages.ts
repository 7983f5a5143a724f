import type { HeatmapMethod } from '@naevus/shared/network/heatmap-methods';
import type { Label } from '@naevus/shared/taxonomy';
import type { GradcamResponse } from '../../../schemas/gradcam.ts';

/** The server's answer, less the overlay, which the page draws itself. */
export type ShownAnswer = Omit<GradcamResponse, 'overlay'>;

/** From the page to the worker. */
export interface Question {
  readonly id: number;
  readonly image: Blob;
  readonly label?: Label;
  readonly method: HeatmapMethod;
  /** How many similar cases are asked for. */
  readonly similar?: number;
  /** What the page was served with: the version, and the digest of its manifest. */
  readonly model: { readonly version: string; readonly sha256: string };
  /** For fetching the model, where the server wants one. */
  readonly key?: string;
}

/** From the worker to the page. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly answer: ShownAnswer }
  | { readonly id: number; readonly ok: false; readonly title: string; readonly detail: string };
