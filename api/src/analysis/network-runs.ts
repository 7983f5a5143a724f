import type { NetworkOptions } from './engine.ts';

/** Runs of the network that one image takes. */
export function networkRuns({ tta = 1, heatmap }: NetworkOptions): number {
  return tta * (heatmap?.method === 'dense-grad-cam' ? 5 : 1);
}
