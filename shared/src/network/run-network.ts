import { withDenseMaps } from './dense-maps.ts';
import type { HeatmapMethod } from './heatmap-methods.ts';
import type { Classify, NetworkOutput } from './network-output.ts';
import { averageOverViews, type TtaViews, type WholePicture } from './test-time-augmentation.ts';

/** How an image is analysed. */
export interface RunOptions {
  /** Views that are averaged over; 1 by default. */
  readonly tta?: TtaViews | undefined;
  /** All of the picture, where the image is its middle: further views show that, too. */
  readonly whole?: WholePicture | undefined;
  /** What the maps are made by; `grad-cam` by default. */
  readonly method?: HeatmapMethod | undefined;
}

/**
 * What the network gives for an image, run once or more often: `tta` runs, each of them five where the
 * maps are dense.
 *
 * @param rgb 224 * 224 * 3 bytes
 */
export function runNetwork(
  classify: Classify,
  rgb: Uint8Array,
  { tta = 1, method = 'grad-cam', whole }: RunOptions = {},
): Promise<NetworkOutput> {
  const once: Classify =
    method === 'dense-grad-cam' ? (image) => withDenseMaps(classify, image) : classify;
  return averageOverViews(once, rgb, tta, whole);
}
