/** The weights with which one side of an image is resampled to another length. */
export interface FilterCoefficients {
  /** For each output position two values: first input position, number of input positions. */
  readonly spans: Uint32Array<ArrayBuffer>;
  /** For each output position `stride` weights: one for each input position, which sum to 1, then zeros. */
  readonly weights: Float32Array<ArrayBuffer>;
  /** Weights kept for each output position, an even number: the longest span, or one more. The last may be zero. */
  readonly stride: number;
}

/**
 * Antialiased triangle filter with half-pixel centres, as in Pillow's `precompute_coeffs`
 * (src/libImaging/Resample.c): the support is max(1, inSize / outSize) input positions on either
 * side, cut at the borders, weights normalised. Uses only operations that IEEE 754 defines exactly,
 * so that every engine gets the same weights.
 *
 * @param inSize length of the side in the image, a positive integer
 * @param outSize length wanted, a positive integer
 * @param crop share of the side that is resampled, in its middle, above 0 to 1. As with Pillow's `box`, its
 *   ends need not be whole positions, and the filter reaches past them into the picture
 */
export function triangleCoefficients(
  inSize: number,
  outSize: number,
  crop = 1,
): FilterCoefficients {
  const start = (inSize * (1 - crop)) / 2;
  const scale = (inSize * crop) / outSize;
  const support = Math.max(1, scale);
  const spans = new Uint32Array(outSize * 2);
  let stride = 0;
  for (let i = 0; i < outSize; i++) {
    const centre = start + (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const count = Math.min(inSize, Math.floor(centre + support + 0.5)) - first;
    spans[2 * i] = first;
    spans[2 * i + 1] = count;
    stride = Math.max(stride, count);
  }
  stride += stride % 2;
  const weights = new Float32Array(outSize * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < outSize; i++) {
    const centre = start + (i + 0.5) * scale;
    const first = spans[2 * i]!;
    const count = spans[2 * i + 1]!;
    let total = 0;
    for (let k = 0; k < count; k++) {
      const weight = Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / support);
      exact[k] = weight;
      total += weight;
    }
    for (let k = 0; k < count; k++) weights[i * stride + k] = exact[k]! / total;
  }
  return { spans, weights, stride };
}
