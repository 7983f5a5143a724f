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

/** Bytes that a browser loads, once, to answer without a network. */
export function downloadBytes(
  manifest: Pick<Manifest, 'files' | 'engines' | 'assessment' | 'similarCases'>,
): number {
  return browserFiles(manifest).reduce((sum, { bytes }) => sum + bytes, 0);
}
