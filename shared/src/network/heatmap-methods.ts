/**
 * What a heat map is made by.
 *
 * - `grad-cam`: Grad-CAM (Selvaraju et al. 2017) at the last features, 7 x 7. With global average pooling and
 *   one dense layer, as here, HiResCAM (Draelos, Carin 2020) and the class activation map are the same map.
 * - `dense-grad-cam`: the same on a grid of 14 x 14, by shift-and-stitch (`dense-maps.ts`).
 */
export const HEATMAP_METHODS = ['grad-cam', 'dense-grad-cam'] as const;

export type HeatmapMethod = (typeof HEATMAP_METHODS)[number];
