import * as z from 'zod';

/** semver.org's own expression, less the build metadata, which would make two versions of one rank. */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?$/;

export const versionSchema = z.string().regex(SEMVER, 'a version like 1.2.3');

/** Whether a text is a version as an artifact may have it: semantic versioning 2.0.0 without build metadata. */
export function isVersion(text: string): boolean {
  return SEMVER.test(text);
}

/**
 * Precedence of two versions (semantic versioning 2.0.0, section 11): negative where `a` comes before `b`, 0
 * where they are one version. Sorts a list of versions from the oldest to the newest.
 */
export function compareVersions(a: string, b: string): number {
  const [coreA, preA] = parts(a);
  const [coreB, preB] = parts(b);
  for (let i = 0; i < 3; i++) {
    const order = compareIdentifiers(coreA[i]!, coreB[i]!);
    if (order !== 0) return order;
  }
  // Without a pre-release, a version is the release itself, which comes after all of its pre-releases.
  if (preA.length === 0 || preB.length === 0) return preB.length - preA.length;
  for (let i = 0; i < Math.min(preA.length, preB.length); i++) {
    const order = compareIdentifiers(preA[i]!, preB[i]!);
    if (order !== 0) return order;
  }
  return preA.length - preB.length;
}

function parts(version: string): [core: string[], preRelease: string[]] {
  const dash = version.indexOf('-');
  if (dash < 0) return [version.split('.'), []];
  return [version.slice(0, dash).split('.'), version.slice(dash + 1).split('.')];
}

/** Numbers by value and before words; words by code units. */
function compareIdentifiers(a: string, b: string): number {
  const numericA = /^\d+$/.test(a);
  const numericB = /^\d+$/.test(b);
  // The longer one is larger: there are no leading zeros, and no number is too large for that.
  if (numericA && numericB && a.length !== b.length) return a.length - b.length;
  if (numericA !== numericB) return numericA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
