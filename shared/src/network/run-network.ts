import { withDenseMaps } from './dense-maps.ts';
import type { HeatmapMethod } from './heatmap-methods.ts';
import type { Classify, NetworkOutput } from './network-output.ts';
import { averagedOverViews, type TtaViews } from './test-time-augmentation.ts';

/** How a picture is looked at. */
export interface Look {
  /** Views that are averaged over; 1 unless told. */
  readonly tta?: TtaViews | undefined;
  /** What the maps are made by; `grad-cam` unless told. */
  readonly method?: HeatmapMethod | undefined;
}

/**
 * What the network gives for a picture, looked at once or more often: `tta` runs, each of them five where the
 * maps are dense.
 *
 * @param rgb 224 * 224 * 3 bytes
 */
export function look(
  classify: Classify,
  rgb: Uint8Array,
  { tta = 1, method = 'grad-cam' }: Look = {},
): Promise<NetworkOutput> {
  const once: Classify =
    method === 'dense-grad-cam' ? (picture) => withDenseMaps(classify, picture) : classify;
  return averagedOverViews(once, rgb, tta);
}
