import type { ExplainedHeatmap } from '../analysis/engine.ts';
import type { Heatmap } from '../schemas/gradcam.ts';

/** What an answer says of a heat map: its numbers, and which part of the picture they cover. */
export function heatmapAnswer({ grid, max, share, method, crop }: ExplainedHeatmap): Heatmap {
  const frame =
    crop === 1 ? ({ geometry: 'squash' } as const) : ({ geometry: 'centre-crop', crop } as const);
  return { grid, max, share, method, ...frame };
}
