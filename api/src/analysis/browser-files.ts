import type { Manifest } from '@naevus/shared/model/manifest';

/** The files of a version that browsers load to score on the device: the graph model, and what judges its answers. */
export function browserFiles({
  files,
  engines,
  assessment,
}: Pick<Manifest, 'files' | 'engines' | 'assessment'>): Manifest['files'] {
  const { path: graph } = engines.tfjs;
  const folder = graph.slice(0, graph.lastIndexOf('/') + 1);
  const subspace = assessment?.outOfDistribution.path;
  return files.filter(
    ({ path }) => path === subspace || (folder !== '' && path.startsWith(folder)),
  );
}
