import type { Manifest } from '@naevus/shared/model/manifest';
import type { GateModel } from './gate-images.ts';

/**
 * Checks that a candidate is not compared with itself, which it would always pass.
 *
 * @param before what to compare with instead, such as the version before; undefined where there is none
 * @throws Error where both have the same manifest, or answer alike: the same network, calibration, prior and input
 */
export function requireOtherModel(
  candidate: GateModel,
  current: GateModel,
  before: string | undefined,
): void {
  const same =
    candidate.sha256 === current.sha256 ||
    answers(candidate.manifest) === answers(current.manifest);
  if (!same) return;
  const versions = `${candidate.manifest.version} and the current ${current.manifest.version}`;
  const advice = before
    ? `Compare with the version before: --current ${before}`
    : 'There is no other version: --current none compares with the floors';
  throw new Error(
    `${versions} are the same model: compared with itself it would always pass. (export makes a version the current one, but with --no-current.) ${advice}`,
  );
}

/** What the answers of a version follow from. */
function answers({ files, engines, calibration, prior, preprocessing }: Manifest): string {
  const network = files.find(({ path }) => path === engines.onnx.path);
  return JSON.stringify([network?.sha256, calibration, prior, preprocessing]);
}
