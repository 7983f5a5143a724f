import type { Context } from 'hono';
import type { AppEnv } from '../../http/context/app-env.ts';
import type { Caller } from '../../http/context/caller.ts';

/** Cloudflare says who it is, whatever the client wrote into that header. */
export function edgeCaller(c: Context<AppEnv>): Caller {
  const address = c.req.header('CF-Connecting-IP');
  return { https: c.req.url.startsWith('https:'), ...(address && { address }) };
}
