/** Bytes added up over some pixels. */
interface PixelSums {
  readonly pixels: number;
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/** What is summed up of the colours in the middle of an image; see `sumColours` in assembly/image-quality.ts. */
export interface ColourSums {
  /** The darker side of Otsu's threshold. */
  readonly lesion: PixelSums;
  /** The lesion and the skin around it. */
  readonly all: PixelSums;
  readonly redLessGreenSquared: number;
  readonly blueLessGreenSquared: number;
}

/** Added to grey levels and to their deviations before a logarithm, so that black and grey have one. */
const LEAST_LEVEL = 8;
const LEAST_DEVIATION = 0.5;

/** Features are cut off so many deviations from their mean: a square of what lies far off would outweigh the rest. */
const FARTHEST = 8;

/**
 * Hue and chroma of the skin and of the lesion, as logarithms of red and of blue by green, and how much red and
 * blue vary against green over the image: logarithms of the standard deviations, the least for a grey image.
 */
export function colourFeatures(sums: ColourSums): number[] {
  const { lesion, all } = sums;
  const skin: PixelSums = {
    pixels: all.pixels - lesion.pixels,
    red: all.red - lesion.red,
    green: all.green - lesion.green,
    blue: all.blue - lesion.blue,
  };
  const deviation = (squares: number, sum: number) =>
    Math.log(
      Math.sqrt(Math.max(0, squares / all.pixels - (sum / all.pixels) ** 2)) + LEAST_DEVIATION,
    );
  return [
    // Where nothing stands out, one of the two has no pixels.
    ...chromaticity(skin.pixels > 0 ? skin : all),
    ...chromaticity(lesion.pixels > 0 ? lesion : all),
    deviation(sums.redLessGreenSquared, all.red - all.green),
    deviation(sums.blueLessGreenSquared, all.blue - all.green),
  ];
}

function chromaticity({ pixels, red, green, blue }: PixelSums): [number, number] {
  const level = (sum: number) => Math.log(sum / pixels + LEAST_LEVEL);
  return [level(red) - level(green), level(blue) - level(green)];
}

/** Tells the colours of skin lesions from colours that were changed: logistic regression on squares of features. */
export interface ColourModel {
  /** Of the features of lesions. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** A constant, one of each feature, and one of each product of two features, as {@link expandFeatures} has them. */
  readonly weights: readonly number[];
}

/** 1, the features in deviations from their mean, and all products of two of them. */
export function expandFeatures(
  features: readonly number[],
  { mean, deviation }: Pick<ColourModel, 'mean' | 'deviation'>,
): number[] {
  const scaled = features.map((value, i) =>
    Math.max(-FARTHEST, Math.min(FARTHEST, (value - mean[i]!) / deviation[i]!)),
  );
  const products = scaled.flatMap((a, i) => scaled.slice(i).map((b) => a * b));
  return [1, ...scaled, ...products];
}

/**
 * Fitted by `training/fit-lesion-colours.mjs`, on the training images of version 0.5.0 (HAM10000), on every other image
 * of MILK10k, ISIC 2017, acral, other-diagnoses, close-up and phone sets, and on HAM10000 images recoloured in 23 ways.
 * A change makes the limits of all versions worthless.
 */
// biome-ignore format: a table
const LESION_COLOURS: ColourModel = {
  mean: [0.2882, 0.0436, 0.6012, -0.006, 2.4507, 2.0388],
  deviation: [0.1522, 0.0695, 0.2539, 0.1453, 0.3716, 0.3435],
  weights: [
    -7.4095, 1.0916, -0.161, -1.8203, 0.9048, 0.5788, 0.6197,
    1.4558, 0.551, -1.4452, -0.6316, -0.2243, -0.0904, 0.1176,
    -0.2127, 0.1562, 0.1697, 0.2199, 0.8423, 0.1527, 0.6063,
    0.16, -0.0701, -0.2131, -0.3425, 0.0899, -0.0613, 0.0531,
  ],
};

/**
 * The log odds that the colours are those of a lesion's image that was made grey, inverted, tinted, or had its
 * channels exchanged, against those of a lesion as cameras give it; both taken to be as frequent.
 */
export function lesionColourOddity(sums: ColourSums, model: ColourModel = LESION_COLOURS): number {
  const terms = expandFeatures(colourFeatures(sums), model);
  return model.weights.reduce((sum, weight, i) => sum + weight * terms[i]!, 0);
}
