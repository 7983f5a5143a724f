import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { sendFile } from '../files/send-file.ts';
import { WORKER_HEADERS } from './page-headers.ts';

/** `GET /assets/…`: the script, the style and the images of the page. */
export function assetRoute({ pageFiles }: AppDependencies): Route {
  return {
    method: 'GET',
    path: '/assets/:file',
    open: true,
    summary: 'What the page at / loads',
    answer: { description: 'The file.', content: {} },
    problems: ['not-found', 'precondition-failed', 'range-not-satisfiable'],
    async handle(c) {
      // Read when a page is first asked for: a server starts faster without it.
      const { assets, files } = await import('#page-assets');
      const name = c.req.param('file') ?? '';
      const headers = {
        // Asked for again each time, and sent only when it has changed: an update is seen at once.
        'Cache-Control': 'public, no-cache',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'X-Content-Type-Options': 'nosniff',
      };
      if (Object.hasOwn(assets, name)) {
        const { body, ...asset } = assets[name]!;
        return sendFile(c, { ...asset, headers, read: () => body });
      }
      if (!Object.hasOwn(files, name)) {
        throw new ProblemError('not-found', 'the page has no such file');
      }
      return sendFile(c, {
        ...files[name]!,
        headers: { ...headers, ...WORKER_HEADERS },
        read: () => pageFiles.read(name),
        ...(pageFiles.stream && { stream: () => pageFiles.stream!(name) }),
      });
    },
  };
}
