import { type Fingerprints, THUMBNAIL_HEIGHT, THUMBNAIL_WIDTH } from './fingerprint.ts';

/** Two images of one photograph. */
export interface DuplicatePair {
  /** The earlier image id. */
  readonly first: string;
  readonly second: string;
  /** `bytes`: the same file. `picture`: the same photograph, saved or coloured otherwise. */
  readonly kind: 'bytes' | 'picture';
}

/** Candidates differ in at most so many of the 64 bits of their dHash. */
const MAX_HASH_DISTANCE = 10;

/**
 * And are one photograph where their grey thumbnails correlate at least so much.
 *
 * On HAM10000 the hash alone joins strangers: 60 pairs of different lesions have the same dHash (a
 * dark spot in the middle of skin, often in a round black frame), and not one of them is the same
 * photograph. The correlation separates them: of all pairs of different lesions one reaches 0.998,
 * a photograph that is there twice under two lesion ids, once recoloured (ISIC_0025226,
 * ISIC_0030074); the next one, two different moles in the same frame, reaches 0.987.
 */
const MIN_CORRELATION = 0.995;

/**
 * All pairs of images that show one photograph: the same bytes, or the same picture whatever its
 * size, compression, brightness and tint. Not found: mirrored, turned or cropped copies.
 *
 * @returns sorted by image ids, whatever the order of the fingerprints.
 */
export function findDuplicates(fingerprints: Fingerprints): DuplicatePair[] {
  const ids = [...fingerprints.keys()].sort();
  const prints = ids.map((id) => fingerprints.get(id)!);
  const high = Uint32Array.from(prints, ({ dHash }) => Number.parseInt(dHash.slice(0, 8), 16));
  const low = Uint32Array.from(prints, ({ dHash }) => Number.parseInt(dHash.slice(8), 16));
  const pictures = prints.map(({ thumbnail }) => standardized(thumbnail));
  const pairs: DuplicatePair[] = [];
  for (let i = 0; i < ids.length; i++) {
    for (let j = i + 1; j < ids.length; j++) {
      const distance = bitCount(high[i]! ^ high[j]!) + bitCount(low[i]! ^ low[j]!);
      if (distance > MAX_HASH_DISTANCE) continue;
      const sameBytes = prints[i]!.sha256 === prints[j]!.sha256;
      if (!sameBytes && !correlate(pictures[i]!, pictures[j]!)) continue;
      pairs.push({ first: ids[i]!, second: ids[j]!, kind: sameBytes ? 'bytes' : 'picture' });
    }
  }
  return pairs;
}

/** Mean 0 and length 1, so that the dot product of two is their correlation; null for a flat picture. */
function standardized(thumbnail: Uint8Array): Float32Array | null {
  const count = THUMBNAIL_WIDTH * THUMBNAIL_HEIGHT;
  if (thumbnail.length !== count) {
    throw new RangeError(`a thumbnail of ${thumbnail.length} bytes, not ${count}`);
  }
  const mean = thumbnail.reduce((sum, value) => sum + value, 0) / count;
  const length = Math.sqrt(thumbnail.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  if (length === 0) return null;
  return new Float32Array(thumbnail).map((value) => (value - mean) / length);
}

/** Squared distance of two vectors of length 1 whose dot product is {@link MIN_CORRELATION}. */
const MAX_SQUARED_DISTANCE = 2 * (1 - MIN_CORRELATION);

/** Whether two pictures correlate enough. A distance only grows, so that strangers are told early. */
function correlate(a: Float32Array | null, b: Float32Array | null): boolean {
  if (a === null || b === null) return false;
  let distance = 0;
  for (let i = 0; i < a.length && distance <= MAX_SQUARED_DISTANCE; i++) {
    const difference = a[i]! - b[i]!;
    distance += difference * difference;
  }
  return distance <= MAX_SQUARED_DISTANCE;
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
