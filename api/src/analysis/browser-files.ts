import type { Manifest } from '@naevus/shared/model/manifest';

/** The files of a version that browsers load to score on the device: the graph model, what judges its answers, and similar cases. */
export function browserFiles({
  files,
  engines,
  assessment,
  similarCases,
}: Pick<Manifest, 'files' | 'engines' | 'assessment' | 'similarCases'>): Manifest['files'] {
  const { path: graph } = engines.tfjs;
  const folder = graph.slice(0, graph.lastIndexOf('/') + 1);
  const others = [
    assessment?.outOfDistribution.path,
    assessment?.modality?.path,
    similarCases?.path,
    ...(similarCases?.pictures?.paths ?? []),
  ];
  return files.filter(
    ({ path }) => others.includes(path) || (folder !== '' && path.startsWith(folder)),
  );
}

/** Bytes that a browser loads before its first answer: images of similar cases come when they are shown. */
export function downloadBytes(
  manifest: Pick<Manifest, 'files' | 'engines' | 'assessment' | 'similarCases'>,
): number {
  const images = manifest.similarCases?.pictures?.paths ?? [];
  return browserFiles(manifest)
    .filter(({ path }) => !images.includes(path))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
