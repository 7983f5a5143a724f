import { MANIFEST_PATH } from '@naevus/shared/model/load-manifest';
import { browserFiles } from '../../analysis/browser-files.ts';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { sendFile } from '../files/send-file.ts';

/** `GET /artifact/VERSION/FILE`: the manifest, the graph model and what judges its answers, for who runs the network itself. */
export function artifactRoute({ engines }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/artifact/:version/:path{.+}',
    summary: 'Files of a model that is served',
    answer: { description: 'The file.', content: {} },
    problems: ['not-found', 'precondition-failed', 'range-not-satisfiable'],
    handle(c) {
      const model = engines.byVersion.get(c.req.param('version') ?? '')?.model;
      const path = c.req.param('path') ?? '';
      const sha256 =
        path === MANIFEST_PATH
          ? model?.sha256
          : model && browserFiles(model.manifest).find((file) => file.path === path)?.sha256;
      if (!model || !sha256) {
        throw new ProblemError('not-found', 'no model served has such a file');
      }
      const { files } = model;
      return sendFile(c, {
        etag: `"${sha256.slice(0, 32)}"`,
        type: path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
        headers: { 'Cache-Control': 'public, no-cache' },
        read: () => files.read(path),
        ...(files.stream && { stream: () => files.stream!(path) }),
      });
    },
  };
}
