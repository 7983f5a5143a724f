import type { Manifest } from './manifest.ts';
import { CONFIRMATIONS, type Confirmation, type SimilarCasesSpec } from './similar-cases-spec.ts';
import { type ArtifactSource, loadFile, type Sha256 } from './verify.ts';

/** A lesion that was trained on, by one of its images. */
export interface IndexedCase {
  readonly imageId: string;
  /** null where the data do not say which images show one lesion. */
  readonly lesionId: string | null;
  /** Position of its label among those of the version. */
  readonly label: number;
  readonly confirmedBy: Confirmation;
  /** Bytes of its picture; 0 where there is none. */
  readonly pictureBytes: number;
}

/** What a search reads. */
export interface CaseIndex {
  /** [dimension, feature] */
  readonly projection: Float32Array;
  /** [case, dimension]: projected features of each case, in any scale of its own. */
  readonly rows: Int8Array;
  /** Sorted by image id. */
  readonly cases: readonly IndexedCase[];
}

/**
 * The index of a version, verified against its hash; undefined where the version has none.
 *
 * @throws ArtifactError as `loadFile`
 * @throws RangeError as {@link readCaseIndex}
 */
export async function loadCaseIndex(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'similarCases' | 'labels'>,
  sha256?: Sha256,
): Promise<CaseIndex | undefined> {
  const spec = manifest.similarCases;
  if (spec === undefined) return undefined;
  const bytes = await loadFile(source, manifest, spec.path, sha256);
  return readCaseIndex(bytes, spec, manifest.labels.length);
}

/** Entries of the projection lie between -1 and 1. */
const PROJECTION_SCALE = 32767;
/** How much two ids have in common is told by a printable character: a space is 0. */
const FIRST_SHARED = 0x20;
const MOST_SHARED = 0x5e;
const MAX_PICTURE_BYTES = 0xffff;

/**
 * The file of an index, little-endian, one part after another:
 *
 * | part | type |
 * | --- | --- |
 * | projection, [dimension, feature], times 32767 | int16 |
 * | bytes of each case's picture | uint16 |
 * | rows, [case, dimension] | int8 |
 * | label of each case | uint8 |
 * | how each was confirmed, of `CONFIRMATIONS` | uint8 |
 * | image ids, then lesion ids | text |
 *
 * An id is one character that counts how many it has in common with the id before, the rest of it, and a line feed.
 *
 * @throws RangeError for an id with a line feed, or a picture of 64 KiB or more
 */
export function serializeCaseIndex({
  projection,
  rows,
  cases,
}: CaseIndex): Uint8Array<ArrayBuffer> {
  const ids = new TextEncoder().encode(
    frontCoded(cases.map(({ imageId }) => imageId)) +
      frontCoded(cases.map(({ lesionId }) => lesionId ?? '')),
  );
  const bytes = new Uint8Array(2 * projection.length + rows.length + 4 * cases.length + ids.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of projection) {
    view.setInt16(at, Math.round(Math.max(-1, Math.min(1, value)) * PROJECTION_SCALE), true);
    at += 2;
  }
  for (const { pictureBytes } of cases) {
    if (pictureBytes > MAX_PICTURE_BYTES) {
      throw new RangeError(`a picture of ${pictureBytes} bytes; at most ${MAX_PICTURE_BYTES} fit`);
    }
    view.setUint16(at, pictureBytes, true);
    at += 2;
  }
  bytes.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.length), at);
  at += rows.length;
  for (const { label } of cases) bytes[at++] = label;
  for (const { confirmedBy } of cases) bytes[at++] = CONFIRMATIONS.indexOf(confirmedBy);
  bytes.set(ids, at);
  return bytes;
}

/**
 * Reads what {@link serializeCaseIndex} writes.
 *
 * @param labelCount labels of the version
 * @throws RangeError when the bytes are not an index of so many cases
 */
export function readCaseIndex(
  bytes: Uint8Array,
  {
    cases: count,
    features,
    dimensions,
  }: Pick<SimilarCasesSpec, 'cases' | 'features' | 'dimensions'>,
  labelCount: number,
): CaseIndex {
  const idsAt = 2 * dimensions * features + count * (dimensions + 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < idsAt) {
    throw new RangeError(
      `an index of ${count} cases has at least ${idsAt} bytes, this one ${bytes.length}`,
    );
  }
  const projection = Float32Array.from(
    { length: dimensions * features },
    (_, i) => view.getInt16(2 * i, true) / PROJECTION_SCALE,
  );
  const picturesAt = 2 * projection.length;
  const rowsAt = picturesAt + 2 * count;
  const labelsAt = rowsAt + count * dimensions;
  const rows = new Int8Array(bytes.subarray(rowsAt, labelsAt));
  const lines = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(idsAt)).split('\n');
  if (lines.at(-1) !== '') throw new RangeError('the last id of the index is cut off');
  if (lines.length !== 2 * count + 1) {
    throw new RangeError(`the index has ${lines.length - 1} ids where ${2 * count} belong`);
  }
  const imageIds = readFrontCoded(lines.slice(0, count));
  const lesionIds = readFrontCoded(lines.slice(count, -1));
  const cases = Array.from({ length: count }, (_, i): IndexedCase => {
    const label = bytes[labelsAt + i]!;
    const confirmedBy = CONFIRMATIONS[bytes[labelsAt + count + i]!];
    if (label >= labelCount || confirmedBy === undefined) {
      throw new RangeError(
        `case ${i} of the index has a label or a confirmation that is not known`,
      );
    }
    return {
      imageId: imageIds[i]!,
      lesionId: lesionIds[i] || null,
      label,
      confirmedBy,
      pictureBytes: view.getUint16(picturesAt + 2 * i, true),
    };
  });
  return { projection, rows, cases };
}

/** Each as how much it has in common with the one before, as a character, and the rest, as lines. */
function frontCoded(ids: readonly string[]): string {
  let before = '';
  const lines = ids.map((id) => {
    if (id.includes('\n')) throw new RangeError(`the id ${JSON.stringify(id)} has a line feed`);
    let shared = 0;
    while (shared < MOST_SHARED && shared < before.length && before[shared] === id[shared]) {
      shared++;
    }
    before = id;
    return `${String.fromCharCode(FIRST_SHARED + shared)}${id.slice(shared)}\n`;
  });
  return lines.join('');
}

function readFrontCoded(lines: readonly string[]): string[] {
  let before = '';
  return lines.map((line) => {
    const shared = line.charCodeAt(0) - FIRST_SHARED;
    if (!(shared >= 0 && shared <= before.length)) {
      throw new RangeError('an id of the index begins with more than there was before it');
    }
    before = before.slice(0, shared) + line.slice(1);
    return before;
  });
}
