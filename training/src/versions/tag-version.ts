import { compareVersions, isVersion } from '@naevus/shared/model/version';

const PREFIX = 'model-v';

/**
 * The version that a release tag asks for: `model-v1.2.3` for 1.2.3.
 *
 * @param existing versions that there are
 * @throws Error when the tag has another form, or its version is there already or is older than one that is
 */
export function versionOfTag(tag: string, existing: readonly string[]): string {
  const version = tag.slice(PREFIX.length);
  if (!tag.startsWith(PREFIX) || !isVersion(version)) {
    throw new Error(`the tag ${tag} is not ${PREFIX} and a version, as in ${PREFIX}1.2.3`);
  }
  if (existing.includes(version)) {
    throw new Error(`${version} is there already, and a version is never overwritten`);
  }
  const newest = existing.toSorted(compareVersions).at(-1);
  if (newest !== undefined && compareVersions(version, newest) < 0) {
    throw new Error(`${version} comes before ${newest}, which is there: take a higher one`);
  }
  return version;
}
