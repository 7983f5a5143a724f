import { MANIFEST_PATH } from '@naevus/shared/model/load-manifest';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';

/** `GET /artifact/VERSION/FILE`: the manifest, the graph model and what judges its answers, for who runs the network itself. */
export function artifactRoute({ engines }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/artifact/:version/:path{.+}',
    summary: 'Files of a model that is served',
    answer: { description: 'The file.', content: {} },
    problems: ['not-found'],
    async handle(c) {
      const model = engines.byVersion.get(c.req.param('version') ?? '')?.model;
      const path = c.req.param('path') ?? '';
      const { tfjs } = model?.manifest.engines ?? {};
      const subspace = model?.manifest.assessment?.outOfDistribution.path;
      const graph = tfjs?.path.slice(0, tfjs.path.lastIndexOf('/') + 1);
      const entry = model?.manifest.files.find((file) => file.path === path);
      const served =
        path === MANIFEST_PATH || (entry && graph && (path.startsWith(graph) || path === subspace));
      const body = served ? await model?.files.read(path) : undefined;
      if (!model || !body) throw new ProblemError('not-found', 'no model served has such a file');
      const etag = `"${(entry?.sha256 ?? model.sha256).slice(0, 32)}"`;
      const headers = { 'Cache-Control': 'public, no-cache', ETag: etag };
      if (c.req.header('If-None-Match')?.includes(etag)) return c.body(null, 304, headers);
      const type = path.endsWith('.json') ? 'application/json' : 'application/octet-stream';
      return c.body(body, 200, { ...headers, 'Content-Type': type });
    },
  };
}
