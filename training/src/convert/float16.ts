/** Largest finite half-precision number. */
const MAX_FLOAT16 = 65504;
/** Fewer values than this are kept in single precision: they cost nothing, and biases are sensitive. */
const MIN_FLOAT16_VALUES = 1024;

/** How the weights of an artifact are stored. */
export type WeightPrecision = 'float16' | 'float32';

/** Whether a tensor is stored in half precision when its artifact is: the same choice in every format. */
export function storedAsFloat16(values: Float32Array, precision: WeightPrecision): boolean {
  return (
    precision === 'float16' &&
    values.length >= MIN_FLOAT16_VALUES &&
    values.every((value) => Math.abs(value) <= MAX_FLOAT16)
  );
}

/**
 * Single to half precision (IEEE 754 binary16), rounded to nearest, ties to even, subnormals kept.
 *
 * @returns the halves' bits, little endian where the machine is.
 */
export function toFloat16Bits(values: Float32Array): Uint16Array<ArrayBuffer> {
  const singles = new Uint32Array(Float32Array.from(values).buffer);
  const halves = new Uint16Array(singles.length);
  for (let i = 0; i < singles.length; i++) halves[i] = halfOf(singles[i]!);
  return halves;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent >= 31) {
    const nan = exponent === 143 && fraction !== 0;
    return sign | 0x7c00 | (nan ? 0x200 : 0);
  }
  // A rounding that carries out of the fraction raises the exponent, as it should.
  if (exponent > 0) return sign | roundShift((exponent << 23) | fraction, 13);
  if (exponent < -10) return sign;
  return sign | roundShift(fraction | 0x800000, 14 - exponent);
}

/** value / 2^shift, rounded to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const up = rest > half || (rest === half && (quotient & 1) === 1);
  return quotient + (up ? 1 : 0);
}
