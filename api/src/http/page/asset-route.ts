import { webCryptoSha256 } from '@naevus/shared/model/verify';
import type { PageAsset } from '#page-assets';
import { ProblemError } from '../../answers/problem-error.ts';
import type { AppDependencies } from '../context/app-dependencies.ts';
import type { Route } from '../context/route.ts';
import { WORKER_HEADERS } from './page-headers.ts';

/** What runs in a worker of the page, with the modules it compiles: too large to lie in memory always. */
const FILES: Readonly<Record<string, string>> = {
  'on-device.js': 'text/javascript; charset=utf-8',
  'service-worker.js': 'text/javascript; charset=utf-8',
  'decoder.wasm': 'application/wasm',
  'kernels.wasm': 'application/wasm',
  'network.wasm': 'application/wasm',
  'network-fused.wasm': 'application/wasm',
};

/** `GET /assets/…`: the script, the style and the images of the page. */
export function assetRoute({ pageFiles }: AppDependencies): Route {
  const etags = new Map<string, string>();

  async function fileAsset(name: string): Promise<PageAsset | undefined> {
    const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
    const body = type === undefined ? undefined : await pageFiles.read(name);
    if (type === undefined || body === undefined) return undefined;
    const etag = etags.get(name) ?? `"${(await webCryptoSha256(body)).slice(0, 32)}"`;
    etags.set(name, etag);
    return { type, etag, body };
  }

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
      const asset = Object.hasOwn(assets, name) ? assets[name] : await fileAsset(name);
      if (!asset) throw new ProblemError('not-found', 'the page has no such file');
      const headers = {
        // Asked for again each time, and sent only when it has changed: an update is seen at once.
        'Cache-Control': 'public, no-cache',
        'Cross-Origin-Resource-Policy': 'same-origin',
        'X-Content-Type-Options': 'nosniff',
        ETag: asset.etag,
        ...(Object.hasOwn(FILES, name) && WORKER_HEADERS),
      };
      if (c.req.header('If-None-Match')?.includes(asset.etag)) return c.body(null, 304, headers);
      return c.body(asset.body, 200, { ...headers, 'Content-Type': asset.type });
    },
  };
}
