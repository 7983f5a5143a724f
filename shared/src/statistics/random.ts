/** The generator's whole state as plain JSON: four unsigned 32-bit words. */
export interface RandomState {
  readonly algorithm: 'xoshiro128**';
  readonly words: readonly [number, number, number, number];
}

/** A seeded source of random numbers. Not for secrets. */
export interface Random {
  /** Uniform over the unsigned 32-bit integers. */
  uint32(): number;
  /** Uniform in [0, 1), 53 random bits. */
  next(): number;
  /** Uniform over 0 .. n-1, without modulo bias. Throws a RangeError unless n is an integer in 1 .. 2^32. */
  integer(n: number): number;
  /** Standard normal deviate (mean 0, variance 1). */
  normal(): number;
  /** Shuffles the array in place (Fisher-Yates) and returns it. */
  shuffle<T>(array: T[]): T[];
  /** A copy of the state: {@link restoreRandom} continues from it exactly. */
  readonly state: RandomState;
}

/**
 * Expands a seed into a state with SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), as the authors of
 * xoshiro advise, so that neighbouring seeds give unrelated sequences.
 *
 * @throws RangeError unless the seed is a safe integer.
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a safe integer, not ${seed}`);
  let counter = BigInt.asUintN(64, BigInt(seed));
  const splitMix64 = (): bigint => {
    counter = BigInt.asUintN(64, counter + 0x9e3779b97f4a7c15n);
    let z = counter;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  const [a, b] = [splitMix64(), splitMix64()];
  const low = (word: bigint) => Number(word & 0xffffffffn);
  const high = (word: bigint) => Number(word >> 32n);
  return fromWords(low(a), high(a), low(b), high(b));
}

/**
 * Continues a sequence from a saved {@link Random.state}.
 *
 * @throws RangeError when the state is not one of this generator.
 */
export function restoreRandom(state: RandomState): Random {
  const { algorithm, words } = state;
  const valid =
    algorithm === 'xoshiro128**' &&
    Array.isArray(words) &&
    words.length === 4 &&
    words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff) &&
    words.some((word) => word !== 0);
  if (!valid) throw new RangeError(`not a state of xoshiro128**: ${JSON.stringify(state)}`);
  return fromWords(words[0], words[1], words[2], words[3]);
}

/** xoshiro128** 1.1 (Blackman, Vigna: "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021). */
function fromWords(s0: number, s1: number, s2: number, s3: number): Random {
  const uint32 = (): number => {
    const scrambled = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotateLeft(s3, 11);
    return scrambled;
  };
  const next = (): number => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 2 ** 53;
  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`integer(n) wants an integer n in 1 .. 2^32, not ${n}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    let drawn = uint32();
    while (drawn >= limit) drawn = uint32();
    return drawn % n;
  };
  return {
    uint32,
    next,
    integer,
    // Box and Muller (1958); the second deviate is dropped so that the state stays four words.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle: (array) => {
      for (let i = array.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const kept = array[i]!;
        array[i] = array[j]!;
        array[j] = kept;
      }
      return array;
    },
    get state(): RandomState {
      return { algorithm: 'xoshiro128**', words: [s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0] };
    },
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
