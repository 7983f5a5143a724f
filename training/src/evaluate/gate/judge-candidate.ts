import { checkFloors } from './check-floors.ts';
import { type Check, compareModels } from './compare-models.ts';
import { gateFigureTitle } from './gate-figures.ts';
import type { GateImage, GateModel } from './gate-images.ts';
import type { GatePolicy } from './gate-policy.ts';
import type { GateReport } from './gate-report.ts';

export interface GateCase {
  readonly candidate: GateModel;
  /** Undefined for a first model. */
  readonly current: GateModel | undefined;
  /** With the scores of both; of the candidate alone for a first model. */
  readonly images: readonly GateImage[];
  readonly policy: GatePolicy;
  /** Why it should pass even if it is refused. */
  readonly overrideReason?: string | undefined;
}

/**
 * Whether a candidate may take the place of the current model.
 *
 * @throws Error when there are too few images to tell
 */
export function judgeCandidate({
  candidate,
  current,
  images,
  policy,
  overrideReason,
}: GateCase): GateReport {
  if (images.length < policy.minImages) {
    throw new Error(
      `${images.length} images decide nothing: the policy asks for ${policy.minImages} (minImages)`,
    );
  }
  const { prior } = candidate.manifest;
  const paired = images.flatMap(({ current, ...image }) =>
    current ? [{ ...image, current }] : [],
  );
  const checks = current
    ? compareModels(
        paired,
        { candidate: prior.probabilities, current: current.manifest.prior.probabilities },
        policy,
      )
    : [];
  const floors = current ? [] : checkFloors(images, prior.probabilities, policy);
  const refused = [...checks, ...floors].some(({ verdict }) => verdict === 'refused');
  const reason = overrideReason?.trim();
  const lesions = images.map(({ imageId, lesionId }) => lesionId ?? `image ${imageId}`);
  return {
    schemaVersion: 1,
    verdict: !refused ? 'passed' : reason ? 'overridden' : 'refused',
    ...(refused && reason && { overrideReason: reason }),
    candidate: { version: candidate.manifest.version },
    current: current ? { version: current.manifest.version, sha256: current.sha256 } : null,
    data: {
      sha256: candidate.split.data_sha256,
      images: images.length,
      lesions: new Set(lesions).size,
    },
    policy,
    checks,
    floors,
    notes: current ? [...notesOn(candidate, current), ...notesOnRuns(checks, policy)] : [],
  };
}

/** Which losses on all images are as large as what two trainings of one recipe differ by. */
function notesOnRuns(checks: readonly Check[], { runSpread }: GatePolicy): string[] {
  const alike = checks.filter(
    ({ group, verdict, figure, difference }) =>
      group === undefined &&
      verdict === 'refused' &&
      difference !== null &&
      Math.abs(difference) <= runSpread[figure],
  );
  if (alike.length === 0) return [];
  const named = alike.map(({ figure }) => `${gateFigureTitle(figure)} (${runSpread[figure]})`);
  return [
    `Two trainings of one recipe differ as much as what was lost in ${named.join(', ')}: worse all the same. If the candidate is made again from scratch, train with another seed, or export the mean of more runs.`,
  ];
}

function notesOn(candidate: GateModel, current: GateModel): string[] {
  const notes: string[] = [];
  const { version } = current.manifest;
  if (candidate.split.data_sha256 !== current.split.data_sha256) {
    notes.push(
      `${version} was trained on other files under the same image ids (data ${current.split.data_sha256}): both are scored on the candidate's.`,
    );
  }
  const [ours, theirs] = [candidate.manifest.prior, current.manifest.prior];
  if (ours.name !== theirs.name) {
    notes.push(
      `The scores of ${version} assume the ${theirs.name} prior, the candidate's the ${ours.name} one: figures as served differ for that alone.`,
    );
  }
  return notes;
}
