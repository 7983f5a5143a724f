import { parseJson } from '@naevus/shared/model/load-manifest';
import type { Manifest } from '@naevus/shared/model/manifest';
import { ArtifactError, type ArtifactSource, loadFile } from '@naevus/shared/model/verify';
import { DRIFT_EDGES, DRIFT_QUANTITIES } from '@naevus/shared/monitoring/quantities';
import * as z from 'zod';

/** Of an artifact, where it has one: what its answers to the validation images look like, to tell drift by. */
export const DRIFT_REFERENCE_PATH = 'reports/reference-histograms.json';

const count = z.int().nonnegative();

/** How far two halves of the reference differ, dealt by lesion many times: what chance alone does. */
const halves = z.strictObject({
  /** Joined bins that the index is computed in. */
  bins: z.int().positive(),
  /** Population stability index of two halves, on average. */
  mean: z.number().nonnegative(),
  /** 95 of 100 splits stay at or below it. */
  percentile95: z.number().nonnegative(),
  /** What independent images would give on average. */
  expected: z.number().nonnegative(),
});

const quantity = z.strictObject({
  /** Of the bins that were counted in, so that others are noticed. */
  edges: z.array(z.number()),
  counts: z.array(count),
  halves,
});

/** {@link DRIFT_REFERENCE_PATH}. */
export const driftReferenceSchema = z.strictObject({
  schemaVersion: z.literal(1),
  split: z.string(),
  images: z.int().positive(),
  lesions: z.int().positive(),
  /** Splits into halves. */
  splits: z.int().positive(),
  labels: z.strictObject({ counts: z.array(count).min(2), halves }),
  quantities: z.partialRecord(z.enum(DRIFT_QUANTITIES), quantity),
});

export type DriftReference = z.infer<typeof driftReferenceSchema>;
export type ReferenceHalves = z.infer<typeof halves>;

/**
 * The reference of a version, held against its hash; undefined where the version has none.
 *
 * @throws ArtifactError as `loadFile`; `invalid` too where it was counted in other bins than these
 */
export async function loadDriftReference(
  source: ArtifactSource,
  manifest: Pick<Manifest, 'files' | 'labels'>,
): Promise<DriftReference | undefined> {
  if (!manifest.files.some(({ path }) => path === DRIFT_REFERENCE_PATH)) return undefined;
  const bytes = await loadFile(source, manifest, DRIFT_REFERENCE_PATH);
  const reference = parseJson(bytes, DRIFT_REFERENCE_PATH, driftReferenceSchema);
  if (reference.labels.counts.length !== manifest.labels.length) {
    const detail = `counts ${reference.labels.counts.length} labels where the version has ${manifest.labels.length}: export again`;
    throw new ArtifactError('invalid', DRIFT_REFERENCE_PATH, detail);
  }
  for (const name of DRIFT_QUANTITIES) {
    const held = reference.quantities[name];
    if (held === undefined) continue;
    const edges = DRIFT_EDGES[name];
    const same = held.edges.length === edges.length && held.edges.every((e, i) => e === edges[i]);
    if (same && held.counts.length === edges.length + 1) continue;
    const detail = `counts ${name} in other bins than this program: use the program of its time, or export again`;
    throw new ArtifactError('invalid', DRIFT_REFERENCE_PATH, detail);
  }
  return reference;
}
