import { ProblemError } from '../http/problem-error.ts';
import type { Route } from '../routes/route.ts';

/** `GET /assets/…`: the script, the style and the pictures of the page. */
export function assetRoute(): Route {
  return {
    method: 'GET',
    path: '/assets/:file',
    open: true,
    summary: 'What the page at / loads',
    answer: { description: 'The file.', content: {} },
    problems: ['not-found'],
    async handle(c) {
      // Read when a page is first asked for: a server starts faster without it.
      const { assets } = await import('#page-assets');
      const name = c.req.param('file') ?? '';
      const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
      if (!asset) throw new ProblemError('not-found', 'the page has no such file');
      const headers = {
        // Asked for again each time, and sent only when it has changed: an update is seen at once.
        'Cache-Control': 'public, no-cache',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'X-Content-Type-Options': 'nosniff',
        ETag: asset.etag,
      };
      if (c.req.header('If-None-Match')?.includes(asset.etag)) return c.body(null, 304, headers);
      return c.body(asset.body, 200, { ...headers, 'Content-Type': asset.type });
    },
  };
}
