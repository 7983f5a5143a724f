/** CIE 1931 chromaticities. */
export interface Primaries {
  readonly red: Chromaticity;
  readonly green: Chromaticity;
  readonly blue: Chromaticity;
  readonly white: Chromaticity;
}

export type Chromaticity = readonly [x: number, y: number];

/** From stored values to light, both 0 to 1. */
export type Transfer =
  /** `value ** gamma` */
  | { readonly gamma: number }
  /** `(a * value + b) ** gamma`, below `linearBelow` `slope * value` (ICC.1:2022, parametric curve 3). */
  | {
      readonly gamma: number;
      readonly a: number;
      readonly b: number;
      readonly slope: number;
      readonly linearBelow: number;
    };

/** What a file says of its colours otherwise than by an ICC profile, where that is not sRGB. */
export type DeclaredColours =
  | { readonly primaries: Primaries; readonly transfer: Transfer }
  /** In words: what the colours are, for a sentence that says that they are not read. */
  | { readonly unsupported: string };

const D65: Chromaticity = [0.3127, 0.329];

export const SRGB_PRIMARIES: Primaries = {
  red: [0.64, 0.33],
  green: [0.3, 0.6],
  blue: [0.15, 0.06],
  white: D65,
};

export const SRGB_TRANSFER: Transfer = {
  gamma: 2.4,
  a: 1 / 1.055,
  b: 0.055 / 1.055,
  slope: 1 / 12.92,
  linearBelow: 0.04045,
};

/** Adobe RGB (1998), sections 4.3.1.1 and 4.3.4.2. */
export const ADOBE_RGB: DeclaredColours = {
  primaries: { red: [0.64, 0.33], green: [0.21, 0.71], blue: [0.15, 0.06], white: D65 },
  transfer: { gamma: 563 / 256 },
};

const REC_709: Transfer = {
  gamma: 1 / 0.45,
  a: 1 / 1.099,
  b: 0.099 / 1.099,
  slope: 1 / 4.5,
  linearBelow: 0.081,
};

/** Rec. ITU-T H.273, table 2. */
const CODED_PRIMARIES: ReadonlyMap<number, Primaries> = new Map([
  [1, SRGB_PRIMARIES],
  [4, primaries([0.67, 0.33], [0.21, 0.71], [0.14, 0.08], [0.31, 0.316])],
  [5, primaries([0.64, 0.33], [0.29, 0.6], [0.15, 0.06])],
  [6, primaries([0.63, 0.34], [0.31, 0.595], [0.155, 0.07])],
  [7, primaries([0.63, 0.34], [0.31, 0.595], [0.155, 0.07])],
  [8, primaries([0.681, 0.319], [0.243, 0.692], [0.145, 0.049], [0.31, 0.316])],
  [9, primaries([0.708, 0.292], [0.17, 0.797], [0.131, 0.046])],
  [11, primaries([0.68, 0.32], [0.265, 0.69], [0.15, 0.06], [0.314, 0.351])],
  [12, primaries([0.68, 0.32], [0.265, 0.69], [0.15, 0.06])],
  [22, primaries([0.63, 0.34], [0.295, 0.605], [0.155, 0.077])],
]);

/** Rec. ITU-T H.273, table 3, but for those that are for light beyond white. */
const CODED_TRANSFERS: ReadonlyMap<number, Transfer> = new Map<number, Transfer>([
  [1, REC_709],
  [4, { gamma: 2.2 }],
  [5, { gamma: 2.8 }],
  [6, REC_709],
  [8, { gamma: 1 }],
  [13, SRGB_TRANSFER],
  [14, REC_709],
  [15, REC_709],
]);
const UNSPECIFIED = 2;
const RGB_MATRIX = 0;
const FULL_RANGE = 1;

function primaries(
  red: Chromaticity,
  green: Chromaticity,
  blue: Chromaticity,
  white = D65,
): Primaries {
  return { red, green, blue, white };
}

/**
 * The colours that a PNG's cICP chunk declares (PNG, third edition, section 11.3.2.6).
 *
 * @returns undefined for sRGB, and where the chunk leaves it open
 */
export function codedColours(
  colourPrimaries: number,
  transferFunction: number,
  matrix: number,
  range: number,
): DeclaredColours | undefined {
  if (colourPrimaries === UNSPECIFIED || transferFunction === UNSPECIFIED) return undefined;
  const of = CODED_PRIMARIES.get(colourPrimaries);
  const transfer = CODED_TRANSFERS.get(transferFunction);
  if (of === undefined || transfer === undefined || matrix !== RGB_MATRIX || range !== FULL_RANGE) {
    const codes = [colourPrimaries, transferFunction, matrix, range].join(', ');
    return { unsupported: `the colours that its cICP chunk declares (${codes})` };
  }
  return unlessSrgb(of, transfer);
}

/** Encoding exponents from the reciprocal of 2.2 that count as sRGB: as libpng, which takes 5 % for no difference. */
const SAME_GAMMA = 0.05;
const SRGB_GAMMA = 1 / 2.2;
const SAME_CHROMATICITY = 0.005;

/**
 * The colours that a PNG's gAMA and cHRM chunks declare (PNG, third edition, sections 11.3.2.1 and 11.3.2.2).
 *
 * @param gamma exponent of the encoding, from light to values; undefined without gAMA
 * @param declared undefined without cHRM
 * @returns undefined where they are as good as sRGB
 */
export function chunkColours(
  gamma: number | undefined,
  declared: Primaries | undefined,
): DeclaredColours | undefined {
  const likeSrgb = gamma === undefined || Math.abs(gamma / SRGB_GAMMA - 1) < SAME_GAMMA;
  if (gamma !== undefined && (gamma < 0.1 || gamma > 5)) {
    return { unsupported: `a gamma of ${gamma}` };
  }
  if (declared !== undefined && !isPossible(declared)) {
    return { unsupported: 'the primaries that its cHRM chunk declares' };
  }
  return unlessSrgb(declared ?? SRGB_PRIMARIES, likeSrgb ? SRGB_TRANSFER : { gamma: 1 / gamma });
}

/** Primaries that enclose their white: others have no matrix, or one with a negative light. */
function isPossible({ red, green, blue, white }: Primaries): boolean {
  const side = (a: Chromaticity, b: Chromaticity) =>
    Math.sign((b[0] - a[0]) * (white[1] - a[1]) - (b[1] - a[1]) * (white[0] - a[0]));
  const sides = [side(red, green), side(green, blue), side(blue, red)];
  const all = [red, green, blue, white];
  return (
    sides[0] !== 0 &&
    sides.every((one) => one === sides[0]) &&
    all.every(([x, y]) => x >= 0 && y > 0 && x + y <= 1)
  );
}

function unlessSrgb(of: Primaries, transfer: Transfer): DeclaredColours | undefined {
  const same = (['red', 'green', 'blue', 'white'] as const).every((name) =>
    of[name].every((value, i) => Math.abs(value - SRGB_PRIMARIES[name][i]!) <= SAME_CHROMATICITY),
  );
  return same && transfer === SRGB_TRANSFER ? undefined : { primaries: of, transfer };
}
